// The heat map of hosts and controls: all of it in two arrays, and only the rows that are seen in the page.
"use strict";

(() => {
  const box = document.getElementById("heat");
  if (!box) return;

  const ROW = 22;
  const PAGE = 5000;
  const WORDS = ["none", "compliant", "waived", "unknown", "drift", "overridden", "failed", "unreachable"];
  const LETTERS = ["", "\u00b7", "W", "?", "D", "P", "F", "U"];
  const DRIFT = 4;
  const SPOKEN = { none: "not looked at", overridden: "overridden by policy" };
  const form = document.getElementById("tools");
  const still = document.getElementById("still");

  let controls = [];
  let names = [];
  let lower = [];
  let states = "";
  let cells = "";
  let lines = []; // What is shown, in order: numbers of hosts, or texts of groups.
  let here = { line: 0, column: -1 };
  const rows = new Map();

  const make = (tag, className, role) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (role) element.setAttribute("role", role);
    return element;
  };
  const codeOf = (host, column) => cells.charCodeAt(host * controls.length + column) - 48;
  const stateOf = (host) => states.charCodeAt(host) - 48;
  const spoken = (code) => SPOKEN[WORDS[code]] || WORDS[code];

  const frame = make("div", "heat");
  const body = make("div", "heat-body");
  const view = make("div", "heat-view", "grid");
  const head = make("div", "heat-head", "row");
  const corner = make("div", "heat-corner", "columnheader");
  const room = make("div", "heat-rows", "rowgroup");
  const map = make("canvas", "heat-map");
  const told = make("div", "heat-said");
  view.id = "grid";
  view.tabIndex = 0;
  view.setAttribute("aria-label", "Hosts and controls; arrow keys move, Enter opens");
  head.setAttribute("aria-rowindex", "1");
  map.setAttribute("aria-hidden", "true");
  told.setAttribute("aria-live", "polite");
  view.append(head, room);
  body.append(view, map);
  frame.append(body, told);

  // Rows

  const makeRow = () => {
    const row = make("div", "heat-row", "row");
    const name = make("div", "heat-name", "rowheader");
    const link = make("a");
    const badge = make("i");
    link.tabIndex = -1;
    name.append(badge, link);
    row.append(name);
    row.cells = controls.map(() => {
      const cell = make("div", "cell", "gridcell");
      cell.append(make("i"));
      return cell;
    });
    row.append(...row.cells);
    row.link = link;
    row.badge = badge;
    return row;
  };

  const fill = (row, line) => {
    const what = lines[line];
    const isGroup = typeof what === "string";
    row.line = line;
    row.style.transform = `translateY(${line * ROW}px)`;
    row.classList.toggle("group", isGroup);
    row.setAttribute("aria-rowindex", String(line + 2));
    row.link.textContent = isGroup ? what : names[what];
    row.link.title = row.link.textContent;
    row.badge.hidden = isGroup;
    if (isGroup) {
      row.link.removeAttribute("href");
    } else {
      row.link.href = `/hosts/${encodeURIComponent(names[what])}`;
      row.badge.className = `s-${WORDS[stateOf(what)]}`;
      row.badge.textContent = LETTERS[stateOf(what)];
      row.badge.title = spoken(stateOf(what));
    }
    for (let column = 0; column < controls.length; column += 1) {
      const cell = row.cells[column];
      const code = isGroup ? 0 : codeOf(what, column);
      if (cell.code !== code) {
        cell.code = code;
        cell.firstChild.className = `s-${WORDS[code]}`;
        cell.firstChild.textContent = LETTERS[code];
      }
    }
  };

  const draw = () => {
    const first = Math.max(0, Math.floor(view.scrollTop / ROW) - 4);
    const last = Math.min(lines.length, Math.ceil((view.scrollTop + view.clientHeight) / ROW) + 4);
    const free = [];
    for (const [line, row] of rows) {
      if (line < first || line >= last) {
        rows.delete(line);
        free.push(row);
      }
    }
    for (let line = first; line < last; line += 1) {
      if (rows.has(line)) continue;
      const row = free.pop() || makeRow();
      fill(row, line);
      rows.set(line, row);
      if (!row.parentNode) room.append(row);
    }
    for (const row of free) row.remove();
    mark();
    drawMap();
  };

  let asked = false;
  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };

  // The place where the keyboard is

  let marked = null;
  const mark = () => {
    if (marked) {
      marked.removeAttribute("id");
      marked.removeAttribute("aria-selected");
      marked.removeAttribute("aria-label");
      (marked.closest(".heat-row") || marked).classList.remove("here");
    }
    for (const column of head.querySelectorAll(".here")) column.classList.remove("here");
    const row = rows.get(here.line);
    const title = head.children[here.column + 1];
    if (document.activeElement === view) title.classList.add("here");
    marked = here.line < 0 ? title : row && (here.column < 0 ? row.firstChild : row.cells[here.column]);
    if (!marked) {
      view.removeAttribute("aria-activedescendant");
      return;
    }
    marked.id = "here";
    marked.setAttribute("aria-label", sentence(here.line, here.column));
    view.setAttribute("aria-activedescendant", "here");
    if (row && here.line >= 0) {
      marked.setAttribute("aria-selected", "true");
      row.classList.toggle("here", document.activeElement === view);
    }
  };

  const sentence = (line, column) => {
    const what = lines[line];
    if (line < 0) return column < 0 ? "Host" : title(controls[column]);
    if (what === undefined) return "";
    if (typeof what === "string") return what;
    if (column < 0) return `${names[what]}: ${spoken(stateOf(what))}`;
    return `${names[what]}, ${title(controls[column])}: ${spoken(codeOf(what, column))}`;
  };
  const title = (control) => (control.title ? `${control.id} (${control.title})` : control.id);
  const say = (line, column) => {
    told.textContent = sentence(line, column) || hint();
  };
  const hint = () => {
    const hosts = lines.filter((line) => typeof line === "number").length;
    return hosts ? `${hosts.toLocaleString("en")} of ${names.length.toLocaleString("en")} hosts` : "No host fits these filters.";
  };

  const go = (line, column) => {
    here.line = Math.max(-1, Math.min(lines.length - 1, line));
    here.column = Math.max(-1, Math.min(controls.length - 1, column));
    const above = head.offsetHeight;
    const top = here.line * ROW;
    if (here.line >= 0 && top < view.scrollTop) view.scrollTop = top;
    if (top + ROW + above > view.scrollTop + view.clientHeight) view.scrollTop = top + ROW + above - view.clientHeight;
    const left = corner.offsetWidth + here.column * ROW;
    if (here.column < 0) view.scrollLeft = 0;
    else if (left - corner.offsetWidth < view.scrollLeft) view.scrollLeft = left - corner.offsetWidth;
    else if (left + ROW > view.scrollLeft + view.clientWidth) view.scrollLeft = left + ROW - view.clientWidth;
    draw();
    say(here.line, here.column);
  };

  const open = () => {
    const what = lines[here.line];
    if (here.line < 0 && here.column >= 0) location.assign(`/controls/${encodeURIComponent(controls[here.column].id)}`);
    else if (typeof what === "number") location.assign(`/hosts/${encodeURIComponent(names[what])}`);
  };

  view.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    const step = Math.max(1, Math.floor(view.clientHeight / ROW) - 8);
    const moves = {
      ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      PageDown: [step, 0], PageUp: [-step, 0],
      Home: event.ctrlKey ? [-Infinity, -Infinity] : [0, -Infinity],
      End: event.ctrlKey ? [Infinity, Infinity] : [0, Infinity],
    };
    if (event.key === "Enter") open();
    else if (moves[event.key]) go(here.line + moves[event.key][0], here.column + moves[event.key][1]);
    else return;
    event.preventDefault();
  });
  // The keyboard brings its place into view. A click is where it is, and what is under it must not move.
  view.addEventListener("focus", () => {
    if (view.matches(":focus-visible")) go(here.line, here.column);
    else mark();
  });
  view.addEventListener("blur", mark);
  view.addEventListener("scroll", redraw, { passive: true });

  const placeOf = (target) => {
    const row = target.closest(".heat-row");
    if (!row) return null;
    const cell = target.closest(".cell");
    return { line: row.line, column: cell ? row.cells.indexOf(cell) : -1 };
  };
  room.addEventListener("pointerdown", (event) => {
    const place = placeOf(event.target);
    if (place) here = place;
  });
  room.addEventListener("mouseover", (event) => {
    const place = placeOf(event.target);
    if (place) say(place.line, place.column);
  });
  room.addEventListener("mouseleave", () => { told.textContent = hint(); });
  room.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (!place || event.target.closest("a")) return;
    here = place;
    open();
  });

  // The map beside it: everything at once

  const colours = [];
  let ink = "";
  const readColours = () => {
    const probe = make("i");
    box.append(probe);
    WORDS.forEach((word, code) => {
      probe.className = `f-${word}`;
      const text = getComputedStyle(probe).fill;
      colours[code] = (text.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
    });
    probe.remove();
    ink = getComputedStyle(box).color;
  };

  let picture = null;
  const paint = () => {
    const width = Math.max(1, Math.min(controls.length, map.clientWidth));
    const height = Math.max(1, Math.min(lines.length, map.clientHeight));
    const canvas = make("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    const worst = new Array(width);
    for (let y = 0; y < height; y += 1) {
      worst.fill(0);
      const end = Math.max(Math.floor(((y + 1) * lines.length) / height), Math.floor((y * lines.length) / height) + 1);
      for (let line = Math.floor((y * lines.length) / height); line < end; line += 1) {
        const host = lines[line];
        if (typeof host !== "number") continue;
        for (let column = 0; column < controls.length; column += 1) {
          const x = Math.floor((column * width) / controls.length);
          worst[x] = Math.max(worst[x], codeOf(host, column));
        }
      }
      for (let x = 0; x < width; x += 1) {
        image.data.set([...colours[worst[x]], 255], (y * width + x) * 4);
      }
    }
    context.putImageData(image, 0, 0);
    picture = canvas;
  };

  const drawMap = () => {
    const { clientWidth: width, clientHeight: height } = map;
    if (!width || !picture) return;
    if (map.width !== width || map.height !== height) {
      map.width = width;
      map.height = height;
    }
    const context = map.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, width, height);
    const all = lines.length * ROW;
    const used = Math.min(height, all);
    context.drawImage(picture, 0, 0, width, used);
    if (all > view.clientHeight) {
      context.strokeStyle = ink;
      context.lineWidth = 2;
      const top = (view.scrollTop / all) * used;
      context.strokeRect(1, top + 1, width - 2, Math.max(4, (view.clientHeight / all) * used - 2));
    }
  };

  const jump = (event) => {
    if (event.buttons !== 1) return;
    const at = (event.clientY - map.getBoundingClientRect().top) / Math.min(map.clientHeight, lines.length * ROW);
    view.scrollTop = at * lines.length * ROW - view.clientHeight / 2;
  };
  map.addEventListener("pointerdown", jump);
  map.addEventListener("pointermove", jump);

  // Order

  const worstOf = (host) => {
    let count = 0;
    for (let column = 0; column < controls.length; column += 1) {
      if (codeOf(host, column) >= DRIFT) count += 1;
    }
    return stateOf(host) * 1000 + count;
  };
  const groupOf = {
    state: (host) => spoken(stateOf(host)),
    domain: (host) => names[host].split(".").slice(1).join(".") || "no domain",
    prefix: (host) => (names[host].match(/^[^\d.]+/) || ["other"])[0].replace(/[-_]+$/, "") || "other",
  };
  const inOrder = new Intl.Collator("en", { numeric: true }).compare;

  const arrange = () => {
    const asks = new FormData(form);
    const text = String(asks.get("q") || "").toLowerCase();
    const state = asks.get("state");
    const hosts = [];
    for (let host = 0; host < names.length; host += 1) {
      if (state && state !== "any" && WORDS[stateOf(host)] !== state) continue;
      if (text && !lower[host].includes(text)) continue;
      hosts.push(host);
    }
    if (asks.get("sort") === "worst") {
      const worst = new Map(hosts.map((host) => [host, worstOf(host)]));
      hosts.sort((a, b) => worst.get(b) - worst.get(a) || a - b);
    }
    const group = groupOf[asks.get("group")];
    if (!group) {
      lines = hosts;
    } else {
      const groups = new Map();
      for (const host of hosts) {
        const key = group(host);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(host);
      }
      const keys = [...groups.keys()].sort(inOrder);
      lines = keys.flatMap((key) => [`${key} (${groups.get(key).length.toLocaleString("en")})`, ...groups.get(key)]);
    }
    for (const row of rows.values()) row.remove();
    rows.clear();
    room.style.height = `${lines.length * ROW}px`;
    view.setAttribute("aria-rowcount", String(lines.length + 1));
    view.scrollTop = 0;
    here = { line: 0, column: -1 };
    paint();
    draw();
    told.textContent = hint();
    // What is usual is left out: no text, and the first of several choices.
    const usual = (name) => form.elements[name].options?.[0].value;
    const query = new URLSearchParams([...asks].filter(([name, value]) => value && value !== usual(name)));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  };

  const makeHead = () => {
    corner.textContent = "Host";
    head.append(corner);
    controls.forEach((control) => {
      const column = make("div", "heat-column", "columnheader");
      const link = make("a");
      link.textContent = control.id;
      link.title = title(control);
      link.href = `/controls/${encodeURIComponent(control.id)}`;
      link.tabIndex = -1;
      column.append(link);
      head.append(column);
    });
    view.setAttribute("aria-colcount", String(controls.length + 1));
  };

  const load = async () => {
    const titles = new Map((await json("/api/v1/controls")).controls.map((row) => [row.control, row.title]));
    let after = null;
    let columns = "";
    let again = 0;
    for (;;) {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (after) query.set("after", after);
      const page = await json(`/api/v1/matrix?${query}`);
      const found = page.controls.join("\n");
      if (!after) {
        columns = found;
        names = [];
        states = cells = "";
      } else if (found !== columns) {
        // A control has come or gone meanwhile: what is there already has other columns.
        again += 1;
        if (again > 3) throw new Error("controls come and go; load the page again");
        after = null;
        continue;
      }
      controls = page.controls.map((id) => ({ id, title: titles.get(id) }));
      names = names.concat(page.hosts);
      states += page.states;
      cells += page.cells;
      after = page.next;
      if (!after) break;
    }
    lower = names.map((name) => name.toLowerCase());
  };

  load().then(() => {
    if (!names.length) {
      // The page says how to begin.
      document.documentElement.dataset.heat = "ready";
      return;
    }
    readColours();
    makeHead();
    if (still) still.hidden = true;
    box.append(frame);
    box.hidden = false;
    for (const late of document.querySelectorAll("[data-script]")) late.hidden = false;
    form.addEventListener("input", arrange);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      arrange();
    });
    arrange();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      readColours();
      paint();
      drawMap();
    });
    new ResizeObserver(redraw).observe(view);
    document.documentElement.dataset.heat = "ready";
  }).catch((error) => {
    // The table below stays.
    told.textContent = `The map could not be drawn: ${error.message}`;
    box.append(told);
    box.hidden = false;
  });
})();
