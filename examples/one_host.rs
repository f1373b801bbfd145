//! The library for one host: connect, look, decide, and see the host as a client does; nothing is changed.
//!
//! `cargo run --example one_host` looks at a simulated host; `cargo run --example one_host -- INVENTORY HOST` at a real one.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]
#![expect(
    clippy::disallowed_methods,
    reason = "an example reads its own arguments and files"
)]

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rdpfix::cim::CimReader;
use rdpfix::clock::Clock;
use rdpfix::clock::SystemClock;
use rdpfix::connect::Connector;
use rdpfix::connect::Prover;
use rdpfix::diag::Source;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Inventory;
use rdpfix::lab::Lab;
use rdpfix::lab::LabOptions;
use rdpfix::lab::scenario;
use rdpfix::plan::Change;
use rdpfix::probe::RdpProver;
use rdpfix::resource::Kind;
use rdpfix::session::WinRmConnector;
use rdpfix::session::WinRmOptions;
use rdpfix::syntax;
use rdpfix::syntax::Args;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (inventory, name, lab) = fleet().await?;
    let host = inventory
        .hosts
        .iter()
        .find(|host| *host.name == *name)
        .with_context(|| format!("no host `{name}`"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);

    // Inside: what differs from a listener that demands NLA over TLS?
    let session = WinRmConnector::new(WinRmOptions::default(), Arc::clone(&clock))
        .connect(host)
        .await?;
    let reader: Arc<dyn CimReader> = session.clone();
    for change in differences(reader.as_ref()).await? {
        println!(
            "{}: {} -> {}",
            change.property,
            shown(&change.from)?,
            shown(&change.to)?
        );
    }
    session.close().await;

    // Outside: does a client get through?
    let proof = RdpProver::new(clock, Duration::from_secs(10))
        .prove(host)
        .await;
    println!("{:?}", proof.verdict);
    if let Some(lab) = lab {
        lab.stop().await;
    }
    Ok(())
}

/// The inventory and host of the command line, or a lab with one host whose NLA is off.
async fn fleet() -> anyhow::Result<(Inventory, String, Option<Lab>)> {
    let mut arguments = std::env::args().skip(1);
    let (name, text, host, lab) =
        if let (Some(path), Some(host)) = (arguments.next(), arguments.next()) {
            (path.clone(), std::fs::read_to_string(path)?, host, None)
        } else {
            let lab = Lab::start(
                &scenario::named("nla-mismatch", Some(1))?,
                LabOptions::default(),
            )
            .await?;
            let host = lab
                .places()
                .next()
                .context("the lab has a host")?
                .0
                .to_owned();
            ("<lab>".to_owned(), lab.inventory_yaml(), host, Some(lab))
        };
    let source = Arc::new(Source {
        name,
        text,
        secret: false,
    });
    let (inventory, diagnostics) = Inventory::parse(&source, &Defaults::default());
    let inventory =
        inventory.with_context(|| format!("the inventory cannot be used: {diagnostics:?}"))?;
    Ok((inventory, host, lab))
}

async fn differences(host: &dyn CimReader) -> anyhow::Result<Vec<Change>> {
    let text = "{nla: required, security_layer: tls}".to_owned();
    let source = Arc::new(Source {
        name: "<example>".to_owned(),
        text,
        secret: false,
    });
    let node = syntax::parse(&source).map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    let kind = Kind::named("rdp_listener").context("the kind exists")?;
    let mut mistakes = Vec::new();
    let listener = (kind.parse)(&mut Args::new(
        kind.name,
        kind.properties,
        &node,
        &mut mistakes,
    ))
    .with_context(|| format!("{mistakes:?}"))?;
    let observed = listener.observe(host).await?;
    Ok(listener.diff(&observed)?)
}

fn shown(value: &rdpfix::cim::Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)?)
}
