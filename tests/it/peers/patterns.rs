//! Facts about host patterns told by Ansible's own inventory: the same patterns name the same hosts.

use std::fmt::Write;
use std::sync::Arc;

use rdpfix::diag::Source;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use serde_json::json;

use crate::support;

const FLEET: &str = "
ungrouped:
  hosts:
    lone:
    solo.example:
    10.0.0.9:
    fe80::1:
    '2019':
dc:
  hosts:
    dc1:
    dc2:
site.corp:
  hosts:
    site.corp.one:
    dc2:
none:
prod:
  children:
    web:
      hosts:
        web[01:12]:
        web[01:03].corp:
    db:
      hosts:
        web12:
        db-a:
        db-b:
";

/// Patterns that each show one rule, one in a line.
const PATTERNS: &str = r"
all
*
web
web01
lone
ungrouped
prod
none
nobody
web:db
web,db
web , db
web:db,dc
web:&db
web:!db
web:&db:!web12
!web
&web
!web:&prod
web:&db:&prod
db:!web12:lone
!db:web
&db,web
web:db:dc:lone
web:none
none
!all
all:!all
web:!none
web:&none
dc:2019
2019
dc,2019
dc:2019:db
dc:!2019
web01:5986
10.0.0.9
10.0.0.9:22
10.0.0.9:lone
10.0.0.9,lone
fe80::1
[fe80::1]:5986
fe80::1,lone
fe80::1:lone
lone:fe80::1
!fe80::1
web*
web?
web??
web0?
web0[12]
web0[12]*
web0[!12]*
web0[1-3]*
web[0-1]*
*.corp
*.corp*
*[12]*
w*1
?eb01
db-?
db-[ab]*
db-[!a]*
db-[a-b]?
[wd]*
[wd]*[!2]
[!w]*
[]]*
[w
w[
web[
*]
d[bc]*
l*n?
sol*
site.corp
site.*
site*
s*e
*:!web*
web*:!web0*
web*:&db
!web*
&w*
web[0]
web[1]
web[-1]
web[-0]
web[-15]
web[-16]
web[14]
web[15]
web[0:1]
web[0-1]
web[1:3]
web[1-3]
web[3:]
web[3-]
web[13:]
web[14:99]
web[15:99]
web[2:1]
web[1:0]
web[0:0]
web[:3]
web[1:-1]
web[a]
web[]
web[1,2]
web[1:2:1]
web[01]
web[001]
web01[0]
web01[1]
lone[0]
nobody[0]
none[0]
none[5]
none[1:2]
web[0]:db[1]
web[0]:!web[0]
web[1:4]:!web[2]
all[0]
all[-1]
all[2:4]
prod[0]
prod[-1]
prod[14:]
dc[0],dc[1]
!web[0]
web:!web[2:]
db:&web[-1]
db-*[0]
db-*[1]
solo*[0]
~web0[12]
~web0[12]$
~^web
~b01
~.*b01
~(web|db)
~(web|db)-a
~web\d+$
~web\d{2}$
~web\d{1,2}
~WEB
~(?i)WEB01
~lone|solo
~.*\.corp$
~.*\.corp\Z
~site\.corp
~[[w]eb01
~[]w]eb01
~[^w].*
~web0[1-3]$:!web02
~(web01
~*
~web0[1]:db
!~web
web:&~.*1$
web:!~.*1$
~web[0]
~.*[0]$
 web01
web01 lone
web01 : lone
web01,
,web01
:web01
web01::lone
!
&
!!web01
!&web01
&&web
web01:web01
web01:web
localhost
lone:localhost
";

/// Patterns that mean everybody there, because nothing is left of them, and are mistakes here.
const EVERYBODY: [&str; 3] = ["~", ",", ":"];

/// Files of patterns for `--limit @FILE`.
const LIMITS: [&str; 8] = [
    "web01\nweb02\n",
    "  web01  \r\n\r\nweb03\r\n",
    "web\n!web01\n",
    "web:db\n",
    "web01,web02\n",
    "~web0[12]$\ndb[0]\n",
    "web0*\n&web[2:]\n",
    "dc:2019\n",
];

/// Pieces that random patterns are made of.
const PIECES: [&str; 30] = [
    "all",
    "web",
    "db",
    "dc",
    "prod",
    "none",
    "lone",
    "web03",
    "web12",
    "web*",
    "*.corp",
    "d?*",
    "web0[1-4]*",
    "*[!1-5]",
    "web[1:3]",
    "web[-2]",
    "db[0]",
    "dc[0-1]",
    "prod[4:]",
    "~web1",
    "~.*2$",
    "~(dc|db).*",
    "site.corp",
    "2019",
    "fe80::1",
    "10.0.0.9",
    "solo.example",
    "nobody",
    "x*",
    "web9[0]",
];

/// Small numbers without rhyme, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn random(dice: &mut Dice) -> String {
    let separator = [":", ",", " , ", ":", " : "][dice.below(5)];
    let mut pattern = String::new();
    for position in 0..=dice.below(4) {
        if position > 0 {
            pattern.push_str(separator);
        }
        let sign = ["", "", "", "!", "&"][dice.below(5)];
        write!(pattern, "{sign}{}", PIECES[dice.below(PIECES.len())]).unwrap();
    }
    pattern
}

fn inventory(text: &str) -> Inventory {
    let source = Source {
        name: "fleet.yml".into(),
        text: text.into(),
        secret: false,
    };
    let read = Inventory::parse(&Arc::new(source), &Defaults::default());
    read.0.unwrap()
}

/// The hosts, or nothing: that a pattern leaves none is a mistake here, and may be none there.
fn ours(fleet: &Inventory, parts: &[String], whole: &str) -> Vec<String> {
    let found = fleet.select_parts(parts, whole).unwrap_or_default();
    let mut names: Vec<String> = found.iter().map(|host| host.name.to_string()).collect();
    names.sort();
    names
}

fn theirs(answer: &serde_json::Value, pattern: &str) -> Vec<String> {
    let names = answer.as_array().into_iter().flatten();
    let names: Vec<String> = names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    // It makes this machine a host that no inventory names.
    if pattern.contains("localhost") {
        return names
            .into_iter()
            .filter(|name| name != "localhost")
            .collect();
    }
    names
}

#[tokio::test]
async fn a_pattern_names_the_hosts_that_ansible_names() {
    // Ansible is among the Python peers.
    let (Some(python), Some(_)) = (
        support::peer_python(),
        support::peer_script("ansible-inventory"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.yml");
    support::write(&path, FLEET.as_bytes());
    let mut dice = Dice(7);
    let fixed = PATTERNS.lines().filter(|line| !line.is_empty());
    let mut patterns: Vec<String> = fixed.map(str::to_owned).collect();
    assert!(patterns.len() >= 120);
    patterns.extend(EVERYBODY.map(str::to_owned));
    patterns.extend((0..2000).map(|_| random(&mut dice)));
    let limits: Vec<_> = (0..LIMITS.len())
        .map(|number| folder.path().join(format!("limit{number}")))
        .collect();
    for (path, text) in limits.iter().zip(LIMITS) {
        support::write(path, text.as_bytes());
    }
    let input = json!([{"inventory": path, "patterns": patterns, "limits": limits}]);
    let script = support::root().join("tests/peers/inventory_patterns.py");
    let answer = super::json(&python, &[script.to_str().unwrap()], &input.to_string()).await;
    let answer = &answer[0];

    let fleet = inventory(FLEET);
    let mut wrong = String::new();
    let mut named = 0;
    for (pattern, answer) in patterns.iter().zip(answer["patterns"].as_array().unwrap()) {
        let parts = rdpfix::inventory::parts_of_pattern(pattern);
        let (ours, theirs) = (ours(&fleet, &parts, pattern), theirs(answer, pattern));
        named += usize::from(!theirs.is_empty());
        if EVERYBODY.contains(&pattern.as_str()) {
            assert!(ours.is_empty() && theirs.len() > 20, "{pattern}");
        } else if pattern == "lone:localhost" {
            assert!(ours.is_empty(), "{pattern}");
        } else if ours != theirs {
            writeln!(wrong, "{pattern}: ours {ours:?}, theirs {theirs:?}").unwrap();
        }
    }
    for (text, answer) in LIMITS.iter().zip(answer["limits"].as_array().unwrap()) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let parts: Vec<String> = lines.map(str::to_owned).collect();
        let (ours, theirs) = (ours(&fleet, &parts, text), theirs(answer, text));
        if ours != theirs {
            writeln!(wrong, "{text:?}: ours {ours:?}, theirs {theirs:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(named > 500, "only {named} patterns name anybody");
}

/// Groups whose hosts are counted in another order than that of the file. Each level has one group with groups below it:
/// with more, Ansible itself does not always count alike.
const SHUFFLED: [&str; 4] = [
    "
web: {hosts: {w1: , w2: , shared: }}
db: {hosts: {d1: , shared: , w1: }}
app: {hosts: {a2: , a1: }}
prod: {children: {db: , web: }, hosts: {own: , d1: }}
",
    "
all:
  hosts: {last: , first: }
  children:
    outer:
      hosts: {o1: , first: }
      children:
        inner: {children: {core: {hosts: {c1: , o1: }}}, hosts: {i1: , c2: }}
        leaf: {hosts: {l1: , c1: , i1: }}
    other: {hosts: {c1: , x1: }}
",
    "
b: {hosts: {b2: , b1: }}
a: {hosts: {a1: , b1: }}
ungrouped: {hosts: {u1: }}
c: {children: {a: , b: }}
",
    "
late: {children: {early: }}
middle: {hosts: {m1: }}
early: {hosts: {e1: , m1: }}
",
];

#[tokio::test]
async fn a_groups_hosts_are_counted_as_ansible_counts_them() {
    // Ansible is among the Python peers.
    let (Some(python), Some(_)) = (
        support::peer_python(),
        support::peer_script("ansible-inventory"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut orders = Vec::new();
    for (number, text) in SHUFFLED.iter().enumerate() {
        let path = folder.path().join(format!("{number}.yml"));
        support::write(&path, text.as_bytes());
        let groups = inventory(text).groups.into_iter();
        let patterns: Vec<String> = groups
            .flat_map(|(name, hosts)| (0..hosts.len()).map(move |at| format!("{name}[{at}]")))
            .collect();
        orders.push(json!({"inventory": path, "patterns": patterns, "limits": []}));
    }
    let script = support::root().join("tests/peers/inventory_patterns.py");
    let input = serde_json::Value::from(orders.clone()).to_string();
    let answers = super::json(&python, &[script.to_str().unwrap()], &input).await;
    for ((text, order), answer) in SHUFFLED.iter().zip(orders).zip(answers.as_array().unwrap()) {
        let fleet = inventory(text);
        let patterns = order["patterns"].as_array().unwrap();
        for (pattern, answer) in patterns.iter().zip(answer["patterns"].as_array().unwrap()) {
            let pattern = pattern.as_str().unwrap();
            let parts = [pattern.to_owned()];
            assert_eq!(
                ours(&fleet, &parts, pattern),
                theirs(answer, pattern),
                "{pattern}{text}"
            );
        }
    }
}
