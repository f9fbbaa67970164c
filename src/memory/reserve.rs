//! Memory that is set aside: where the C library's code takes memory in a way that cannot fail, it goes on with this when
//! the system has none.
//!
//! It is a static array of blocks, which costs nothing until it is touched. A bit for each says whether it is taken, so
//! there is no lock, and a child that was forked at any moment finds it whole.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

const BLOCK: usize = 2048;
const WORDS: usize = 4;
const BLOCKS: usize = WORDS * u64::BITS as usize;

#[repr(align(64))]
struct Blocks(UnsafeCell<[[u8; BLOCK]; BLOCKS]>);

// SAFETY: a block is used by whoever has taken it only; its bit sees to that.
unsafe impl Sync for Blocks {}

static MEMORY: Blocks = Blocks(UnsafeCell::new([[0; BLOCK]; BLOCKS]));
static TAKEN: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// The system's allocator, with the reserve behind it.
pub struct Allocator;

// SAFETY: memory is the system's allocator's or a block of the reserve that nobody else has, and is given back to where it
// came from. Nothing here panics.
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
            // SAFETY: the memory is not of the reserve, so it came from the system's allocator with this layout.
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
        // SAFETY: the memory is this allocator's with this layout; the caller passes a possible size.
        unsafe { self.move_by_hand(place, layout, size) }
    }
}

impl Allocator {
    /// Takes memory of the new size, from the reserve if need be, and copies what fits.
    ///
    /// # Safety
    ///
    /// `place` is memory of this allocator with this layout; `size` is not 0 and possible for its alignment.
    #[cold]
    unsafe fn move_by_hand(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises a possible size.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not 0.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both have that many bytes, and the new memory is nobody else's.
            unsafe { ptr::copy_nonoverlapping(place, moved, layout.size().min(size)) };
            // SAFETY: the caller gives the old memory up.
            unsafe { self.dealloc(place, layout) };
        }
        moved
    }
}

/// Whether the memory is a block of the reserve.
#[inline]
pub(super) fn owns(place: *const u8) -> bool {
    (place as usize).wrapping_sub(MEMORY.0.get() as usize) < BLOCK * BLOCKS
}

/// A block, or NULL when none is free or the layout does not fit in one.
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
