//! How many of the newest blocks the engine keeps for other nodes, however young they are.

use std::collections::VecDeque;

use idos_consensus::BLOCKS_PER_FILE;

/// The most that may be kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MostKept {
    /// Blocks: there are open files for so many.
    pub(crate) blocks: u64,
    /// Bytes of them: what a leader puts into blocks need not cost anybody anything, and no disk may be
    /// filled by it.
    pub(crate) bytes: u64,
}

/// What is kept of what came since the start. The engine gives up whole files.
pub(crate) struct Kept {
    most: MostKept,
    /// The first height of each file, and its bytes.
    files: VecDeque<(u64, u64)>,
    bytes: u64,
    /// The first height after the files that were too much.
    from: u64,
}

impl Kept {
    pub(crate) fn new(most: MostKept) -> Self {
        Self {
            most,
            files: VecDeque::new(),
            bytes: 0,
            from: 0,
        }
    }

    /// Counts the newest block.
    pub(crate) fn add(&mut self, height: u64, bytes: u64) {
        let first = first_of_file(height);
        self.bytes = self.bytes.saturating_add(bytes);
        match self.files.back_mut() {
            Some((newest, sum)) if *newest == first => *sum = sum.saturating_add(bytes),
            Some(_) | None => self.files.push_back((first, bytes)),
        }
    }

    /// The first height that is kept, where those before `young_from` are too old.
    pub(crate) fn from(&mut self, young_from: u64, tip: u64) -> u64 {
        let few_from = first_of_file(tip.saturating_sub(self.most.blocks));
        self.from = self.from.max(young_from).max(few_from);
        while let Some(&(first, bytes)) = self.files.front()
            && self.files.len() > 1
            && (self.bytes > self.most.bytes || first + BLOCKS_PER_FILE <= self.from)
        {
            self.files.pop_front();
            self.bytes = self.bytes.saturating_sub(bytes);
            self.from = self.from.max(first + BLOCKS_PER_FILE);
        }
        self.from
    }
}

fn first_of_file(height: u64) -> u64 {
    height - height % BLOCKS_PER_FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: u64 = BLOCKS_PER_FILE;

    fn kept(blocks: u64, bytes: u64) -> Kept {
        Kept::new(MostKept { blocks, bytes })
    }

    #[test]
    fn large_blocks_are_few() {
        let mut kept = kept(u64::MAX, 10 * FILE);
        // Those from before the start are not counted, and go with the first that is too much.
        for height in 1_000 * FILE..1_010 * FILE {
            kept.add(height, 1);
            assert_eq!(kept.from(0, height), 0);
        }
        kept.add(1_010 * FILE, 1);
        assert_eq!(kept.from(0, 1_010 * FILE), 1_001 * FILE);
        // A full one pushes out many, and never what is in its own file.
        kept.add(1_010 * FILE + 1, 5 * FILE);
        assert_eq!(kept.from(0, 1_010 * FILE + 1), 1_006 * FILE);
        kept.add(1_010 * FILE + 2, 100 * FILE);
        assert_eq!(kept.from(0, 1_010 * FILE + 2), 1_010 * FILE);
    }

    #[test]
    fn what_went_for_another_reason_is_counted_no_more() {
        let mut kept = kept(u64::MAX, 2 * FILE);
        for height in 0..2 * FILE {
            kept.add(height, 1);
        }
        assert_eq!(kept.from(FILE + 3, 2 * FILE - 1), FILE + 3);
        for height in 2 * FILE..3 * FILE {
            kept.add(height, 1);
            assert_eq!(kept.from(FILE + 3, height), FILE + 3);
        }
        assert_eq!(kept.bytes, 2 * FILE);
    }

    #[test]
    fn small_blocks_are_no_more_than_there_are_files_for() {
        let mut kept = kept(2 * FILE, u64::MAX);
        assert_eq!(kept.from(0, 2 * FILE + FILE - 1), 0);
        assert_eq!(kept.from(0, 2 * FILE + FILE), FILE);
    }
}
