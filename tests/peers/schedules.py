"""When others would run a job: croniter reads cron lines, a reader of its own the XML of tasks, PyYAML manifests.

Standard input is a JSON list of questions, standard output a list of answers, moments as seconds since 1970.
"""

import datetime
import json
import sys
import xml.etree.ElementTree as tree
import zoneinfo

import croniter
import yaml

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
MONTHS = (
    "January February March April May June July August September October November December"
).split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def cron(question):
    zone = zoneinfo.ZoneInfo(question["zone"])
    base = datetime.datetime.fromtimestamp(question["base"], zone)
    times = croniter.croniter(question["expression"], base, max_years_between_matches=50)
    return [round(times.get_next(float)) for _ in range(question["count"])]


def children(parent, name):
    found = parent.find(NAMESPACE + name)
    return [] if found is None else list(found)


def words(parent, name):
    return [child.tag.removeprefix(NAMESPACE) for child in children(parent, name)]


def texts(parent, name):
    return [child.text for child in children(parent, name)]


def is_due(trigger, day):
    last = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    if (schedule := trigger.find(NAMESPACE + "ScheduleByDay")) is not None:
        assert schedule.find(NAMESPACE + "DaysInterval").text == "1"
        return True
    if (schedule := trigger.find(NAMESPACE + "ScheduleByWeek")) is not None:
        assert schedule.find(NAMESPACE + "WeeksInterval").text == "1"
        return WEEKDAYS[day.weekday()] in words(schedule, "DaysOfWeek")
    if (schedule := trigger.find(NAMESPACE + "ScheduleByMonth")) is not None:
        days = texts(schedule, "DaysOfMonth")
        named = str(day.day) in days or ("Last" in days and day.day == last.day)
        return named and MONTHS[day.month - 1] in words(schedule, "Months")
    schedule = trigger.find(NAMESPACE + "ScheduleByMonthDayOfWeek")
    weeks = texts(schedule, "Weeks")
    named = str((day.day - 1) // 7 + 1) in weeks or ("Last" in weeks and last.day - day.day < 7)
    return (
        named
        and WEEKDAYS[day.weekday()] in words(schedule, "DaysOfWeek")
        and MONTHS[day.month - 1] in words(schedule, "Months")
    )


def minutes(text):
    assert text.startswith("PT") and text.endswith("M"), text
    return datetime.timedelta(minutes=int(text[2:-1]))


def task(question):
    root = tree.fromstring(question["xml"])
    assert root.tag == NAMESPACE + "Task" and root.get("version") == "1.4"
    parts = [child.tag.removeprefix(NAMESPACE) for child in root]
    assert parts == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], parts
    author = root.find(f"{NAMESPACE}Principals/{NAMESPACE}Principal").get("id")
    assert root.find(NAMESPACE + "Actions").get("Context") == author
    triggers = list(root.find(NAMESPACE + "Triggers"))
    assert 0 < len(triggers) <= 48
    zone = zoneinfo.ZoneInfo(question["zone"])
    base = datetime.datetime.fromtimestamp(question["base"], zone)
    found = set()
    for trigger in triggers:
        assert trigger.tag == NAMESPACE + "CalendarTrigger"
        order = [child.tag.removeprefix(NAMESPACE) for child in trigger]
        assert order[:2] == ["Enabled", "StartBoundary"], order
        start = datetime.datetime.fromisoformat(trigger.find(NAMESPACE + "StartBoundary").text)
        repetition = trigger.find(NAMESPACE + "Repetition")
        steps = [datetime.timedelta()]
        if repetition is not None:
            assert repetition.find(NAMESPACE + "Duration").text == "P1D"
            interval = minutes(repetition.find(NAMESPACE + "Interval").text)
            steps = [interval * n for n in range(datetime.timedelta(days=1) // interval)]
        day = base.date() - datetime.timedelta(days=1)
        own = set()
        while len(own) < question["count"] and day.year < base.year + 15:
            if is_due(trigger, day):
                moment = datetime.datetime.combine(day, start.time(), start.tzinfo or zone)
                own |= {m for step in steps if (m := moment + step) > base}
            day += datetime.timedelta(days=1)
        found |= own
    return [round(moment.timestamp()) for moment in sorted(found)[: question["count"]]]


ANSWERS = {
    "cron": cron,
    "task": task,
    "yaml": lambda question: [document for document in yaml.safe_load_all(question["text"])],
}
json.dump([ANSWERS[question["kind"]](question) for question in json.load(sys.stdin)], sys.stdout)
