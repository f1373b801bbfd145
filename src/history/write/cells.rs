//! The states of a host's controls packed into few bytes, for looks at the whole fleet.

use crate::history::State;

/// Bytes of one cell: the control's number, little end first, then the state.
const CELL: usize = 4;

/// Packs them.
pub(crate) fn pack(cells: impl Iterator<Item = (i64, State)>) -> Vec<u8> {
    let mut packed = Vec::new();
    for (control, state) in cells {
        let [one, two, three, ..] = control.to_le_bytes();
        packed.extend([one, two, three, state.code()]);
    }
    packed
}

/// Unpacks them.
pub(crate) fn unpack(packed: &[u8]) -> impl Iterator<Item = (usize, State)> {
    packed.as_chunks::<CELL>().0.iter().map(|cell| {
        let [one, two, three, state] = *cell;
        let control = u32::from_le_bytes([one, two, three, 0]);
        let control = usize::try_from(control).unwrap_or(usize::MAX);
        (control, State::from_code(state))
    })
}

#[cfg(test)]
mod tests {
    use super::State;
    use super::pack;
    use super::unpack;

    #[test]
    fn what_is_packed_is_unpacked() {
        let cells = [(1, State::Compliant), (70_000, State::Failed)];
        let packed = pack(cells.into_iter());
        let unpacked: Vec<_> = unpack(&packed).collect();
        assert_eq!(unpacked, [(1, State::Compliant), (70_000, State::Failed)]);
    }
}
