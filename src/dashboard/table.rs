//! What can be asked: the one table that the routes, the checks of parameters and the description of the API are made of.

use crate::dashboard::api;
use crate::dashboard::api::shapes;
use crate::dashboard::api::shapes::ANY_HOST_STATE;
use crate::dashboard::api::shapes::ANY_STATE;
use crate::dashboard::jobs::Asked;
use crate::dashboard::jobs::Jobs;
use crate::dashboard::look::Look;
use crate::dashboard::pages::Forms;
use crate::dashboard::pages::views;
use crate::dashboard::problem::Problem;
use crate::dashboard::shape::Kind;
use crate::dashboard::shape::Parameter;
use crate::dashboard::shape::Shape;

/// Something that programs can ask for.
pub(super) struct Endpoint {
    /// The path, with parameters in braces.
    pub(super) path: &'static str,
    /// Its name in the description.
    pub(super) name: &'static str,
    /// What it gives.
    pub(super) about: &'static str,
    /// What a request may say.
    pub(super) parameters: &'static [Parameter],
    /// What the answer looks like.
    pub(super) answer: &'static Shape,
    /// How it is answered.
    pub(super) verb: Verb,
}

/// How an endpoint is answered.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    /// `GET`: the answer as JSON.
    Look(fn(&Look<'_>) -> Result<Vec<u8>, Problem>),
    /// `POST`, with the token only: asks the service for something.
    Act(fn(&dyn Jobs, &str) -> Asked),
}

/// A page for people.
pub(super) struct Page {
    /// The path, with parameters in braces.
    pub(super) path: &'static str,
    /// Its template.
    pub(super) template: &'static str,
    /// What a request may say.
    pub(super) parameters: &'static [Parameter],
    /// Whether it has forms that change something.
    pub(super) forms: Forms,
    /// What the template shows.
    pub(super) fill: fn(&Look<'_>) -> Result<minijinja::Value, Problem>,
}

const fn segment(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Kind::Segment,
        about,
    }
}

const fn limit(most: u32, usual: u32) -> Parameter {
    Parameter {
        name: "limit",
        kind: Kind::Count { most, usual },
        about: "How many at most",
    }
}

const AFTER: Parameter = Parameter {
    name: "after",
    kind: Kind::Cursor,
    about: "The page before's `next`",
};
const PLACE: Parameter = Parameter {
    name: "after",
    kind: Kind::Place,
    about: "The page before's `next`",
};
const STATE_OF_HOST: Parameter = Parameter {
    name: "state",
    kind: Kind::Word(ANY_HOST_STATE),
    about: "Only hosts in this state",
};
const STATE: Parameter = Parameter {
    name: "state",
    kind: Kind::Word(ANY_STATE),
    about: "Only hosts whose control is in this state",
};
const TEXT: Parameter = Parameter {
    name: "q",
    kind: Kind::Text,
    about: "Only hosts with this in their names, letter case ignored",
};
const JOB: Parameter = Parameter {
    name: "job",
    kind: Kind::Text,
    about: "Only runs of this job",
};
const DAYS: Parameter = Parameter {
    name: "days",
    kind: Kind::Count {
        most: 366,
        usual: 30,
    },
    about: "How many days, today included",
};
const PAGE_NUMBER: Parameter = Parameter {
    name: "page",
    kind: Kind::Count {
        most: 100_000,
        usual: 1,
    },
    about: "Which page",
};

/// Everything that programs can ask for.
pub(super) const API: &[Endpoint] = &[
    Endpoint {
        path: "/api/v1/fleet",
        name: "fleet",
        about: "The whole fleet at a glance",
        parameters: &[],
        answer: &shapes::FLEET,
        verb: Verb::Look(api::fleet),
    },
    Endpoint {
        path: "/api/v1/hosts",
        name: "hosts",
        about: "Hosts by name",
        parameters: &[STATE_OF_HOST, TEXT, AFTER, limit(1000, 100)],
        answer: &shapes::HOSTS,
        verb: Verb::Look(api::hosts),
    },
    Endpoint {
        path: "/api/v1/hosts/{host}",
        name: "host",
        about: "Everything about one host",
        parameters: &[segment("host", "Inventory name"), limit(1000, 200)],
        answer: &shapes::HOST_VIEW,
        verb: Verb::Look(api::host),
    },
    Endpoint {
        path: "/api/v1/matrix",
        name: "matrix",
        about: "Every control of every host, a digit each",
        parameters: &[AFTER, limit(10_000, 5000)],
        answer: &shapes::MATRIX,
        verb: Verb::Look(api::matrix),
    },
    Endpoint {
        path: "/api/v1/controls",
        name: "controls",
        about: "Every control, and how hosts fare with it",
        parameters: &[],
        answer: &shapes::CONTROLS,
        verb: Verb::Look(api::controls),
    },
    Endpoint {
        path: "/api/v1/controls/{control}",
        name: "control",
        about: "A control and its hosts, worst first",
        parameters: &[
            segment("control", "Identifier"),
            STATE,
            PAGE_NUMBER,
            limit(1000, 100),
        ],
        answer: &shapes::CONTROL_VIEW,
        verb: Verb::Look(api::control),
    },
    Endpoint {
        path: "/api/v1/certificates",
        name: "certificates",
        about: "The certificates that hosts show, those that end first, first",
        parameters: &[PAGE_NUMBER, limit(1000, 100)],
        answer: &shapes::CERTIFICATES,
        verb: Verb::Look(api::certificates),
    },
    Endpoint {
        path: "/api/v1/days",
        name: "days",
        about: "Drift day by day",
        parameters: &[DAYS],
        answer: &shapes::DAYS,
        verb: Verb::Look(api::days),
    },
    Endpoint {
        path: "/api/v1/waivers",
        name: "waivers",
        about: "The waivers that results came with",
        parameters: &[],
        answer: &shapes::WAIVERS,
        verb: Verb::Look(api::waivers),
    },
    Endpoint {
        path: "/api/v1/runs",
        name: "runs",
        about: "Runs, latest first",
        parameters: &[JOB, AFTER, limit(500, 50)],
        answer: &shapes::RUNS,
        verb: Verb::Look(api::runs),
    },
    Endpoint {
        path: "/api/v1/runs/{run}",
        name: "run",
        about: "One run",
        parameters: &[segment("run", "ULID")],
        answer: &shapes::RUN,
        verb: Verb::Look(api::run),
    },
    Endpoint {
        path: "/api/v1/runs/{run}/since/{earlier}",
        name: "diff",
        about: "What is otherwise after one run than after an earlier one",
        parameters: &[
            segment("run", "ULID of the later run"),
            segment("earlier", "ULID of the earlier run"),
            PLACE,
            limit(1000, 200),
        ],
        answer: &shapes::DIFF,
        verb: Verb::Look(api::diff),
    },
    Endpoint {
        path: "/api/v1/jobs",
        name: "jobs",
        about: "The service's jobs",
        parameters: &[],
        answer: &shapes::JOBS,
        verb: Verb::Look(api::jobs),
    },
    Endpoint {
        path: "/api/v1/jobs/{job}/run",
        name: "run_job",
        about: "Asks for a run of a job now",
        parameters: &[segment("job", "The job's name")],
        answer: &shapes::ASKED,
        verb: Verb::Act(|jobs, name| jobs.run_now(name)),
    },
];

/// How hosts are put in order and in groups on the page of the heat map; scripts do both, the table is by name.
const SORT: Parameter = Parameter {
    name: "sort",
    kind: Kind::Word(&["name", "worst"]),
    about: "The order of hosts",
};
const GROUP: Parameter = Parameter {
    name: "group",
    kind: Kind::Word(&["none", "state", "domain", "prefix"]),
    about: "The groups of hosts",
};

/// Every page.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/",
        template: "overview.html",
        parameters: &[],
        forms: Forms::None,
        fill: views::overview,
    },
    Page {
        path: "/hosts",
        template: "hosts.html",
        parameters: &[STATE_OF_HOST, TEXT, SORT, GROUP, AFTER, limit(200, 50)],
        forms: Forms::None,
        fill: views::hosts,
    },
    Page {
        path: "/hosts/{host}",
        template: "host.html",
        parameters: &[segment("host", "Inventory name")],
        forms: Forms::None,
        fill: views::host,
    },
    Page {
        path: "/controls",
        template: "controls.html",
        parameters: &[],
        forms: Forms::None,
        fill: views::controls,
    },
    Page {
        path: "/controls/{control}",
        template: "control.html",
        parameters: &[
            segment("control", "Identifier"),
            STATE,
            PAGE_NUMBER,
            limit(200, 50),
        ],
        forms: Forms::None,
        fill: views::control,
    },
    Page {
        path: "/certificates",
        template: "certificates.html",
        parameters: &[PAGE_NUMBER, limit(200, 50)],
        forms: Forms::None,
        fill: views::certificates,
    },
    Page {
        path: "/drift",
        template: "drift.html",
        parameters: &[DAYS],
        forms: Forms::None,
        fill: views::drift,
    },
    Page {
        path: "/runs",
        template: "runs.html",
        parameters: &[JOB, AFTER, limit(200, 50)],
        forms: Forms::None,
        fill: views::runs,
    },
    Page {
        path: "/runs/{run}",
        template: "run.html",
        parameters: &[segment("run", "ULID"), PLACE, limit(200, 100)],
        forms: Forms::None,
        fill: views::run,
    },
    Page {
        path: "/jobs",
        template: "jobs.html",
        parameters: &[],
        forms: Forms::Some,
        fill: views::jobs,
    },
];
