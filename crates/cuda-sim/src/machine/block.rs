//! A launch: blocks one after another, their warps in turns between barriers.

use super::LANES;
use super::memory::Memory;
use super::shared::Shared;
use super::warp::{Mistake, Warp};
use crate::Fault;
use crate::ptx::{Kernel, SPECIALS};

/// The largest block of every GPU.
const LARGEST_BLOCK: u64 = 1024;
/// The shared memory a block of every GPU may have.
const SHARED_LIMIT: usize = 48 << 10;

/// What to run.
pub(crate) struct Launch<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared: usize,
    pub(crate) parameters: &'a [u8],
}

/// What a block sees.
pub(crate) struct World<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) memory: &'a mut Memory,
    pub(crate) shared: Shared,
    pub(crate) parameters: &'a [u8],
    /// For each instruction, where it found its memory the last time.
    pub(crate) hints: Vec<usize>,
}

/// How much was executed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Instructions of warps.
    pub(crate) instructions: u64,
    /// Instructions of lanes.
    pub(crate) lanes: u64,
}

pub(crate) fn run(launch: &Launch<'_>, memory: &mut Memory, lanes: &mut u64) -> Result<(), Fault> {
    let fault = |block, (line, what): Mistake| Fault {
        kernel: launch.kernel.name.clone(),
        line,
        block,
        what,
    };
    check(launch).map_err(|what| fault([0; 3], (0, what)))?;
    let threads = launch.block.iter().product::<u32>() as usize;
    let mut warps: Vec<Warp> = (0..threads.div_ceil(LANES))
        .map(|i| Warp::new(launch.kernel, i, threads, |thread| specials(launch, thread)))
        .collect();
    let mut world = World {
        kernel: launch.kernel,
        memory,
        shared: Shared::new(launch.kernel.shared + launch.shared, launch.kernel.grain),
        parameters: launch.parameters,
        hints: vec![0; launch.kernel.code.len()],
    };
    let mut counts = Counts::default();
    let [width, height, depth] = launch.grid;
    for z in 0..depth {
        for y in 0..height {
            for x in 0..width {
                world.shared.reset();
                for warp in &mut warps {
                    warp.start([x, y, z]);
                }
                run_block(&mut warps, &mut world, &mut counts)
                    .map_err(|mistake| fault([x, y, z], mistake))?;
            }
        }
    }
    *lanes += counts.lanes;
    Ok(())
}

/// What a driver refuses.
fn check(launch: &Launch<'_>) -> Result<(), String> {
    let threads: u64 = launch.block.iter().map(|&size| u64::from(size)).product();
    if threads == 0 || threads > LARGEST_BLOCK || launch.grid.contains(&0) {
        return Err(format!(
            "a grid of {:?} blocks of {:?} threads",
            launch.grid, launch.block
        ));
    }
    if let Some(most) = launch.kernel.most_threads.filter(|most| threads > *most) {
        return Err(format!("{threads} threads of a kernel for up to {most}"));
    }
    if launch.grid[1..].iter().any(|&size| size > u16::MAX.into()) {
        return Err(format!("a grid of {:?} blocks", launch.grid));
    }
    let shared = launch.kernel.shared + launch.shared;
    if shared > SHARED_LIMIT {
        return Err(format!("{shared} bytes of shared memory"));
    }
    let expected = launch
        .kernel
        .parameters
        .last()
        .map_or(0, |(offset, size)| offset + size);
    if launch.parameters.len() != expected {
        return Err(format!(
            "{} bytes of parameters instead of {expected}",
            launch.parameters.len()
        ));
    }
    Ok(())
}

/// The registers that say where a thread is; the block is not known yet.
fn specials(launch: &Launch<'_>, thread: usize) -> [u64; SPECIALS.len()] {
    let [width, height, depth] = launch.block.map(u64::from);
    let thread = thread as u64;
    let lane = thread % LANES as u64;
    let place = [
        thread % width,
        thread / width % height,
        thread / (width * height),
    ];
    let mut specials = [0; SPECIALS.len()];
    let groups = [
        place,
        [width, height, depth],
        [0; 3],
        launch.grid.map(u64::from),
    ];
    specials[..12].copy_from_slice(groups.as_flattened());
    specials[12] = lane;
    specials
}

fn run_block(
    warps: &mut [Warp],
    world: &mut World<'_>,
    counts: &mut Counts,
) -> Result<(), Mistake> {
    let threads: u32 = warps.iter().map(|warp| warp.alive.count_ones()).sum();
    loop {
        for warp in warps.iter_mut() {
            warp.run(world, counts)?;
        }
        if warps.iter().all(|warp| warp.alive == 0) {
            return Ok(());
        }
        let places = || warps.iter().flat_map(Warp::places_of_waiting);
        let place = places().next().unwrap_or(0);
        let line = world.kernel.code[place.saturating_sub(1)].line;
        if places().any(|other| other != place) {
            return Err((line, "threads wait at different barriers".into()));
        }
        let waiting: u32 = warps.iter().map(|warp| warp.waiting.count_ones()).sum();
        if waiting != threads {
            let ended = threads - waiting;
            return Err((
                line,
                format!("a barrier that {ended} of {threads} threads never reach: they have ended"),
            ));
        }
        warps.iter_mut().for_each(|warp| warp.waiting = 0);
        world.shared.pass_barrier();
    }
}
