//! Planned trouble on the way to a simulated host's management service, and to its Remote Desktop port. Says what goes
//! wrong; the servers do it.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing listens: connections are refused.
    Refused,
    /// The request is taken and never answered.
    Hung,
    /// The connection is reset after the request.
    Reset,
    /// The answer comes late.
    Slow(Duration),
    /// The answer is a fault: access is denied (code 5).
    Denied,
    /// The answer ends in the middle.
    TornAnswer,
    /// The answer is a fault: too many operations at once (code 2150859174).
    Quota,
}

/// How long it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// For good.
    Always,
    /// For so many requests (connections, for `Refused`); afterwards all is well.
    First(u32),
}

impl Extent {
    /// Whether the request with this number, counted from 0, is met.
    pub fn covers(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => number < u64::from(count),
        }
    }
}

/// One piece of planned trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mishap {
    /// What goes wrong.
    pub trouble: Trouble,
    /// For how long.
    pub extent: Extent,
}

impl Mishap {
    /// Trouble without end.
    pub fn always(trouble: Trouble) -> Self {
        Self {
            trouble,
            extent: Extent::Always,
        }
    }

    /// Trouble for the first requests only.
    pub fn first(count: u32, trouble: Trouble) -> Self {
        Self {
            trouble,
            extent: Extent::First(count),
        }
    }
}

/// One piece of planned trouble on the way to the Remote Desktop port; all of it goes on for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RdpMishap {
    /// Packets are dropped, although the host listens: connections time out.
    Dropped,
    /// Each answer comes late.
    Late(Duration),
    /// Of so many connections one is lost, the last of each group; 1 loses all.
    Lossy {
        /// The size of a group.
        every: u32,
        /// How the connection is lost.
        loss: Loss,
    },
    /// Of what one side says at once, no more than so many bytes get through, and nothing after them.
    Narrow {
        /// How many bytes.
        largest: usize,
    },
    /// Another machine answers, with a name and a certificate of its own.
    OtherMachine,
}

/// How a connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// It is reset as soon as the client says something.
    Reset,
    /// It opens, and then nothing comes.
    Silence,
}
