// What pages do besides showing: ask for a run without leaving the page, and notice when a job has ended.
"use strict";

(() => {
  const said = document.getElementById("said");
  const say = (text) => {
    if (said) said.textContent = text;
  };

  const runNow = async (form, button) => {
    button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      if (answer.ok) {
        location.reload();
        return;
      }
      const problem = await answer.json();
      say(problem.detail || "the run could not be asked for");
    } catch (error) {
      say("the dashboard does not answer");
    }
    button.disabled = false;
  };

  for (const form of document.querySelectorAll("form[data-run]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      runNow(form, form.querySelector("button"));
    });
  }

  const jobs = document.querySelector("[data-running]");
  if (jobs) {
    const before = jobs.dataset.running;
    const look = async () => {
      try {
        const answer = await fetch("/api/v1/jobs");
        const running = (await answer.json()).jobs.filter((job) => job.running_since).length;
        if (String(running) !== before) {
          location.reload();
          return;
        }
      } catch (error) {
        say("the dashboard does not answer");
      }
      setTimeout(look, 5000);
    };
    setTimeout(look, 5000);
  }
})();
