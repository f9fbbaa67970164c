//! Allocations that fail with an error. In Rust, most allocations end the process when they fail.
//!
//! - Everything that outlives a call (sockets, requests, servers, tables of them) is allocated with the functions
//!   of this module, which fail with `Os(ENOMEM)`. Buffers whose size the caller chooses are reserved with
//!   `try_reserve`.
//! - Everything else is freed before the call returns (the text of an error, a short list), or is allocated by the
//!   standard library. Such an allocation cannot return an error. If the system has no memory for it, the C library
//!   uses a reserve that it has set aside ([`reserve`]), and a Rust program ends.
//! - The reserve is small. So nothing may stay in it, and the functions of this module fail when they would get a
//!   part of it.
#![allow(unsafe_code)]

#[cfg(feature = "capi")]
mod reserve;

use std::alloc::{Layout, alloc, dealloc};
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sys::libc;

#[cfg(feature = "capi")]
pub use reserve::Allocator;

const OUT_OF_MEMORY: Error = Error::Os(libc::ENOMEM);

/// Makes an `Arc`, or fails with `Os(ENOMEM)`.
///
/// `Arc` has no constructor that can fail. So memory of the same size is allocated and freed first, and the `Arc`
/// usually gets that memory. If another thread takes the last memory of the system in between, the `Arc` of the C library
/// comes out of the reserve, and this function fails; a Rust program ends.
pub(crate) fn shared<T>(value: T) -> Result<Arc<T>> {
    shared_or_back(value).map_err(|(error, _)| error)
}

/// [`shared`], which gives the value back when it fails.
pub(crate) fn shared_or_back<T>(value: T) -> Result<Arc<T>, (Error, T)> {
    if let Err(error) = uninit::<(usize, usize, T)>() {
        return Err((error, value));
    }
    let made = Arc::new(value);
    if !is_set_aside(Arc::as_ptr(&made).cast()) {
        return Ok(made);
    }
    // Nobody else has the new `Arc` yet.
    Arc::try_unwrap(made).map_or_else(Ok, |value| Err((OUT_OF_MEMORY, value)))
}

/// Makes a `Box`, or fails with `Os(ENOMEM)`.
pub(crate) fn boxed<T>(value: T) -> Result<Box<T>> {
    Ok(Place::new()?.fill(value))
}

/// Memory for a value that comes later, so that the value is not lost when there is no memory.
pub(crate) struct Place<T>(Box<MaybeUninit<T>>);

impl<T> Place<T> {
    /// Fails with `Os(ENOMEM)`.
    pub(crate) fn new() -> Result<Place<T>> {
        Ok(Place(uninit()?))
    }

    pub(crate) fn fill(mut self, value: T) -> Box<T> {
        self.0.write(value);
        // SAFETY: the value was just written, and the memory of a `MaybeUninit<T>` is that of a `T`.
        unsafe { Box::from_raw(Box::into_raw(self.0).cast()) }
    }
}

/// Reserves capacity for `more` values. If this fails with `Os(ENOMEM)`, the list is unchanged.
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<()> {
    if list.capacity() - list.len() >= more {
        return Ok(());
    }
    let wanted = list.len().checked_add(more).ok_or(OUT_OF_MEMORY)?;
    // A list that grows by one value at a time is not copied each time.
    let capacity = wanted.max(2 * list.capacity()).max(4);
    let memory = allocated(Layout::array::<T>(capacity).map_err(|_| OUT_OF_MEMORY)?)?;
    // SAFETY: the memory was allocated for this number of values, and the list begins without any. (A list of values
    // without a size has space for all, and has returned above.)
    let mut larger: Vec<T> = unsafe { Vec::from_raw_parts(memory.as_ptr().cast(), 0, capacity) };
    larger.append(list);
    *list = larger;
    Ok(())
}

/// Reserves capacity for one more value in a queue, as [`reserve`] does for a list.
pub(crate) fn reserve_in_queue<T>(queue: &mut VecDeque<T>) -> Result<()> {
    if queue.capacity() > queue.len() {
        return Ok(());
    }
    let mut larger: VecDeque<T> = VecDeque::new();
    larger.try_reserve(2 * queue.capacity() + 1).map_err(|_| OUT_OF_MEMORY)?;
    if is_set_aside(larger.as_slices().0.as_ptr().cast()) {
        return Err(OUT_OF_MEMORY);
    }
    larger.append(queue);
    *queue = larger;
    Ok(())
}

/// Collects the values of an iterator. Fails with the first error, or with `Os(ENOMEM)`.
pub(crate) fn collected<T>(values: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut list = Vec::new();
    for value in values {
        reserve(&mut list, 1)?;
        list.push(value?);
    }
    Ok(list)
}

/// Copies a list, or fails with `Os(ENOMEM)`.
pub(crate) fn copied<T: Clone>(values: &[T]) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, values.len())?;
    list.extend_from_slice(values);
    Ok(list)
}

/// Makes a list of `len` zeros, or fails with `Os(ENOMEM)`.
pub(crate) fn zeroed<T: Copy + Default>(len: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, len)?;
    list.resize(len, T::default());
    Ok(list)
}

/// Allocates memory for a value, or fails with `Os(ENOMEM)`.
pub(crate) fn uninit<T>() -> Result<Box<MaybeUninit<T>>> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new(MaybeUninit::uninit()));
    }
    let place = allocated(layout)?;
    // SAFETY: the allocator has just returned this memory for the layout of a `T`, and a `MaybeUninit` need not be
    // initialised.
    Ok(unsafe { Box::from_raw(place.as_ptr().cast::<MaybeUninit<T>>()) })
}

/// Allocates memory, or fails with `Os(ENOMEM)`. The functions above are made for each type; this one is there once.
fn allocated(layout: Layout) -> Result<NonNull<u8>> {
    if layout.size() == 0 {
        // No caller asks for this. A panic would make all of them larger.
        return Err(OUT_OF_MEMORY);
    }
    // SAFETY: the layout is not empty.
    let place = NonNull::new(unsafe { alloc(layout) }).ok_or(OUT_OF_MEMORY)?;
    if is_set_aside(place.as_ptr()) {
        // SAFETY: the memory was allocated with this layout just now, and nobody has it.
        unsafe { dealloc(place.as_ptr(), layout) };
        return Err(OUT_OF_MEMORY);
    }
    Ok(place)
}

/// Whether the memory belongs to the reserve.
fn is_set_aside(place: *const u8) -> bool {
    #[cfg(feature = "capi")]
    return reserve::owns(place);
    #[cfg(not(feature = "capi"))]
    {
        let _ = place;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_holds_its_value() {
        assert_eq!(*shared(5).unwrap(), 5);
        assert_eq!(*shared("text".to_owned()).unwrap(), "text");
    }

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let mut list = vec![1u8, 2];
        assert_eq!(reserve(&mut list, usize::MAX), Err(Error::Os(libc::ENOMEM)));
        assert_eq!(reserve(&mut list, isize::MAX as usize), Err(Error::Os(libc::ENOMEM)));
        assert_eq!(list, [1, 2]);
        reserve(&mut list, 100).unwrap();
        assert!(list.capacity() >= 102);
        assert_eq!(list, [1, 2]);
    }
}
