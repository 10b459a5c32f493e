//! The memory that the threads of a block share, watched for races between barriers.

/// Shared memory of a block.
#[derive(Debug)]
pub(crate) struct Shared {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    /// Counts barriers; what happened before the last one is ordered.
    epoch: u32,
}

/// Who touched a byte last, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    writer: u16,
    written: u32,
    reader: u16,
    read: u32,
}

/// More than one thread has read a byte.
const SEVERAL: u16 = u16::MAX;

impl Shared {
    pub(crate) fn new(bytes: usize) -> Shared {
        Shared {
            bytes: vec![0xa5; bytes],
            marks: vec![Mark::default(); bytes],
            epoch: 1,
        }
    }

    /// Forgets what another block did.
    pub(crate) fn reset(&mut self) {
        self.marks.fill(Mark::default());
        self.epoch = 1;
    }

    pub(crate) fn pass_barrier(&mut self) {
        self.epoch += 1;
    }

    pub(crate) fn load(&mut self, at: u64, size: usize, thread: usize) -> Result<u64, String> {
        let at = self.check(at, size)?;
        for (i, mark) in (at..).zip(&mut self.marks[at..at + size]) {
            if mark.written == 0 {
                return Err(format!("reads shared byte {i} that nobody has written"));
            }
            if mark.written == self.epoch && mark.writer != thread as u16 {
                return Err(format!(
                    "race: thread {thread} reads shared byte {i}, written by thread {} without a barrier between",
                    mark.writer
                ));
            }
            let another = mark.read == self.epoch && mark.reader != thread as u16;
            mark.reader = if another { SEVERAL } else { thread as u16 };
            mark.read = self.epoch;
        }
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.bytes[at..at + size]);
        Ok(u64::from_le_bytes(bytes))
    }

    pub(crate) fn store(
        &mut self,
        at: u64,
        size: usize,
        value: u64,
        thread: usize,
    ) -> Result<(), String> {
        let at = self.check(at, size)?;
        for (i, mark) in (at..).zip(&mut self.marks[at..at + size]) {
            if mark.written == self.epoch && mark.writer != thread as u16 {
                return Err(format!(
                    "race: threads {} and {thread} both write shared byte {i}",
                    mark.writer
                ));
            }
            if mark.read == self.epoch && mark.reader != thread as u16 {
                return Err(format!(
                    "race: thread {thread} writes shared byte {i} that another has read without a barrier between"
                ));
            }
            (mark.writer, mark.written) = (thread as u16, self.epoch);
        }
        self.bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        Ok(())
    }

    /// Changes bytes as one: no race with others who do.
    pub(crate) fn exchange(
        &mut self,
        at: u64,
        size: usize,
        change: impl FnOnce(u64) -> u64,
    ) -> Result<u64, String> {
        let at = self.check(at, size)?;
        if self.marks[at..at + size]
            .iter()
            .any(|mark| mark.written == 0)
        {
            return Err(format!("changes shared byte {at} that nobody has written"));
        }
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.bytes[at..at + size]);
        let old = u64::from_le_bytes(bytes);
        self.bytes[at..at + size].copy_from_slice(&change(old).to_le_bytes()[..size]);
        Ok(old)
    }

    fn check(&self, at: u64, size: usize) -> Result<usize, String> {
        match usize::try_from(at) {
            Ok(start) if start.saturating_add(size) <= self.bytes.len() => Ok(start),
            _ => Err(format!(
                "access of {size} bytes at offset {at}: out of bounds of {} shared bytes",
                self.bytes.len()
            )),
        }
    }
}
