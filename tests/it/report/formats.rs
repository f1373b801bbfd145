//! dump
use super::controls::*;
use super::events::{audit, trouble};
use rdpfix::report::Format;
#[test]
fn dump() {
    let folder = std::path::Path::new("/tmp/rep");
    for (name, events) in [("controls", controls()), ("audit", audit()), ("trouble", trouble()), ("nasty", nasty()), ("fleet", fleet(42, 10)), ("large", fleet(1000, 10))] {
        for format in Format::ALL {
            crate::support::write(&folder.join(format!("{name}.{}", format.name())), written(format, &events).as_bytes());
        }
    }
}
