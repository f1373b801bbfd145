//! What may be typed after `rdpfix probe`.

use std::path::PathBuf;

use clap::Args;

/// What `--help` says at its end; the table of the guide says the same.
const EXIT_CODES: &str = "\
Exit codes:
  0  no finding of severity error
  3  at least one finding of severity error on a host whose RDP answers
  4  RDP does not answer on at least one host (outranks 3)
  5  bad option or usage
  6  a file is invalid (inventory, --ca)
  7  no hosts matched
  130, 143  interrupted, terminated
With --reporter nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN";

/// Arguments of `probe`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ProbeArguments {
    /// Hosts to look at, each with `:PORT` when it is not 3389
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "inventory")]
    pub hosts: Vec<String>,
    /// Look at the hosts of this inventory: a YAML file, a list, or `lab[:SCENARIO[:N]]`
    #[arg(short, long, value_name = "INVENTORY")]
    pub inventory: Vec<String>,
    /// Narrow the hosts of the inventory to a pattern
    #[arg(short, long, value_name = "PATTERN", requires = "inventory")]
    pub limit: Option<String>,
    /// Hosts in flight at once [default: 256]
    #[arg(short, long, value_name = "N")]
    pub forks: Option<usize>,
    /// Seconds that one host may take as a whole
    #[arg(short = 'T', long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// Time the stages so many times, 1 to 1000, and tell p50 and p99
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Trust the certificates in this PEM file besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Sign in as this user up to acceptance; no session is opened
    #[arg(long, value_name = "USER")]
    pub login: Option<String>,
    /// Read the password for `--login` from this file; else it is RDPFIX_LOGIN_PASSWORD, else it is asked for
    #[arg(long, value_name = "FILE", requires = "login")]
    pub password_file: Option<PathBuf>,
    /// Look at this Remote Desktop Gateway too, instead of those that the inventory names (`rdp_gateway`)
    #[arg(long, value_name = "HOST[:PORT]")]
    pub gateway: Option<String>,
    /// Results as `human`, `jsonl`, `openmetrics` or `nagios`, each with `:PATH` to write a file
    #[arg(long, visible_alias = "format", value_name = "NAME[:PATH]")]
    pub reporter: Vec<String>,
    /// Say more; repeat for still more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}
