//! The reserve of the C library: memory for allocations that cannot return an error, for times in which the system
//! has no memory.
//!
//! It is a static array of blocks. The system provides its pages when they are first used. One bit for each block
//! says whether the block is in use. There is no lock, so a forked child can always use the reserve.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

const BLOCK: usize = 2048;
const WORDS: usize = 4;
const BLOCKS: usize = WORDS * u64::BITS as usize;

#[repr(align(64))]
struct Blocks(UnsafeCell<[[u8; BLOCK]; BLOCKS]>);

// SAFETY: the bit of a block makes sure that only one owner uses the block at a time.
unsafe impl Sync for Blocks {}

static MEMORY: Blocks = Blocks(UnsafeCell::new([[0; BLOCK]; BLOCKS]));
static TAKEN: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// The system's allocator. When it has no memory, the reserve is used.
pub struct Allocator;

// SAFETY: all memory comes from the system's allocator, or is a block of the reserve that has no other owner. It is
// freed where it came from. No method panics.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller passes a layout that is not empty.
        let place = unsafe { System.alloc(layout) };
        if place.is_null() { take(layout) } else { place }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller passes a layout that is not empty.
        let place = unsafe { System.alloc_zeroed(layout) };
        if place.is_null() { take_zeroed(layout) } else { place }
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if owns(place) {
            give_back(place);
        } else {
            // SAFETY: the memory does not belong to the reserve, so it came from the system's allocator with this layout.
            unsafe { System.dealloc(place, layout) }
        }
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !owns(place) {
            // SAFETY: the memory came from the system's allocator with this layout; the caller passes a possible size.
            let moved = unsafe { System.realloc(place, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller passes memory of this allocator with its layout, and a possible size.
        unsafe { self.move_by_hand(place, layout, size) }
    }
}

impl Allocator {
    /// Allocates memory of the new size, in the reserve if necessary, and moves the bytes there.
    ///
    /// # Safety
    ///
    /// `place` is memory of this allocator with this layout. `size` is not 0, and is possible for the alignment.
    #[cold]
    unsafe fn move_by_hand(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises a possible size.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not 0.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both places have that many bytes, and the new one has no other owner.
            unsafe { ptr::copy_nonoverlapping(place, moved, layout.size().min(size)) };
            // SAFETY: the caller passes memory of this allocator with its layout, and does not use it afterwards.
            unsafe { self.dealloc(place, layout) };
        }
        moved
    }
}

/// Whether the memory belongs to the reserve.
#[inline]
pub(super) fn owns(place: *const u8) -> bool {
    (place as usize).wrapping_sub(MEMORY.0.get() as usize) < BLOCK * BLOCKS
}

/// Returns a block, or NULL when no block is free or the layout does not fit into one.
#[cold]
fn take(layout: Layout) -> *mut u8 {
    if layout.size() > BLOCK || layout.align() > align_of::<Blocks>() {
        return ptr::null_mut();
    }
    for (index, word) in TAKEN.iter().enumerate() {
        let mut taken = word.load(Ordering::Relaxed);
        while taken != u64::MAX {
            let bit = taken.trailing_ones();
            match word.compare_exchange_weak(taken, taken | 1 << bit, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    let block = index * u64::BITS as usize + bit as usize;
                    return MEMORY.0.get().cast::<u8>().wrapping_add(block * BLOCK);
                }
                Err(now) => taken = now,
            }
        }
    }
    ptr::null_mut()
}

#[cold]
fn take_zeroed(layout: Layout) -> *mut u8 {
    let place = take(layout);
    if !place.is_null() {
        // SAFETY: the block was just taken, and the layout fits in it.
        unsafe { place.write_bytes(0, layout.size()) };
    }
    place
}

#[cold]
fn give_back(place: *const u8) {
    let block = (place as usize - MEMORY.0.get() as usize) / BLOCK;
    let bits = u64::BITS as usize;
    TAKEN[block / bits].fetch_and(!(1 << (block % bits)), Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_given_once_until_it_is_given_back() {
        let layout = Layout::from_size_align(BLOCK, 64).unwrap();
        let mut taken: Vec<*mut u8> = (0..BLOCKS).map(|_| take(layout)).collect();
        assert!(taken.iter().all(|&place| owns(place) && place as usize % 64 == 0));
        assert!(take(layout).is_null(), "nothing is left");
        let again = taken.pop().unwrap();
        give_back(again);
        assert_eq!(take(layout), again);
        taken.push(again);
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), BLOCKS);
        taken.iter().for_each(|&place| give_back(place));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(take(Layout::from_size_align(BLOCK + 1, 1).unwrap()).is_null());
        assert!(take(Layout::from_size_align(1, 128).unwrap()).is_null());
        assert!(!owns(ptr::null()));
        assert!(!owns((&raw const TAKEN).cast()));
    }
}
