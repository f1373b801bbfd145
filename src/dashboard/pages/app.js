// What pages do besides showing: ask for a run without leaving the page, and notice what has become of jobs.
"use strict";

// What is at an address, as JSON; why it cannot be read is thrown in words for people.
const json = async (url, request) => {
  const answer = await fetch(url, request).catch(() => {
    throw new Error("the dashboard does not answer");
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || `the dashboard answers ${answer.status}`);
  return body;
};

(() => {
  const said = document.getElementById("said");
  if (!said) return;

  const runNow = async (form, button) => {
    button.disabled = true;
    try {
      await json(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      location.reload();
    } catch (error) {
      said.textContent = error.message;
      button.disabled = false;
    }
  };

  for (const form of document.querySelectorAll("form[data-run]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      runNow(form, form.querySelector("button"));
    });
  }

  // Whatever runs, ran or is planned otherwise than the page says makes it load again.
  const shown = JSON.stringify([...document.querySelectorAll("[data-job]")].map((row) => row.dataset.job));
  const stateOf = (job) => `${job.running_since || ""} ${job.last ? job.last.run : ""}`;
  let trouble = "";
  const look = async () => {
    try {
      const { jobs } = await json("/api/v1/jobs");
      if (JSON.stringify(jobs.map(stateOf)) !== shown) {
        location.reload();
        return;
      }
      if (said.textContent === trouble) said.textContent = "";
      trouble = "";
    } catch (error) {
      trouble = error.message;
      said.textContent = trouble;
    }
    setTimeout(look, 5000);
  };
  setTimeout(look, 1000);
})();
