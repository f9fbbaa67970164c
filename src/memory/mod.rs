//! Running out of memory is an error, not the end of the process.
//!
//! - What a call keeps (sockets, requests, servers, tables of them) is made by the functions here, which fail with
//!   `Os(ENOMEM)`; buffers that a caller sizes are reserved with `try_reserve`.
//! - What lives for a moment (the text of an error, a list that is given back at once) and what the standard library takes
//!   cannot fail in Rust: it would end the process. In the C library this is memory that is set aside ([`reserve`]).
//!   Nothing that is kept stays there: the functions here refuse it.
#![allow(unsafe_code)]

#[cfg(feature = "capi")]
mod reserve;

use std::alloc::{Layout, alloc};
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::error::{Error, Result};

#[cfg(feature = "capi")]
pub use reserve::Allocator;

const OUT_OF_MEMORY: Error = Error::Os(libc::ENOMEM);

/// An `Arc`, or `Os(ENOMEM)`.
///
/// `Arc` has no constructor that fails, so memory of the same size is taken and given back first: the system gives the
/// same piece again.
pub(crate) fn shared<T>(value: T) -> Result<Arc<T>> {
    drop(uninit::<(usize, usize, T)>()?);
    let made = Arc::new(value);
    if is_set_aside(Arc::as_ptr(&made).cast()) { Err(OUT_OF_MEMORY) } else { Ok(made) }
}

/// Makes place for `more` values in a list that is kept, or fails with `Os(ENOMEM)` and leaves it as it is.
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<()> {
    if list.capacity() - list.len() >= more {
        return Ok(());
    }
    let mut larger: Vec<T> = Vec::new();
    let wanted = list.len().checked_add(more).ok_or(OUT_OF_MEMORY)?;
    larger.try_reserve(wanted.max(2 * list.capacity())).map_err(|_| OUT_OF_MEMORY)?;
    if is_set_aside(larger.as_ptr().cast()) {
        return Err(OUT_OF_MEMORY);
    }
    larger.append(list);
    *list = larger;
    Ok(())
}

/// Makes place for one more value in a queue that is kept, as [`reserve`] does.
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

/// A list of what an iterator yields, or the first error.
pub(crate) fn collected<T>(values: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut list = Vec::new();
    for value in values {
        reserve(&mut list, 1)?;
        list.push(value?);
    }
    Ok(list)
}

/// A copy of a list.
pub(crate) fn copied<T: Clone>(values: &[T]) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, values.len())?;
    list.extend_from_slice(values);
    Ok(list)
}

/// So many bytes or numbers, all 0.
pub(crate) fn zeroed<T: Copy + Default>(len: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve(&mut list, len)?;
    list.resize(len, T::default());
    Ok(list)
}

/// Memory for a value, or `Os(ENOMEM)`.
pub(crate) fn uninit<T>() -> Result<Box<MaybeUninit<T>>> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Ok(Box::new(MaybeUninit::uninit()));
    }
    // SAFETY: the layout is not empty.
    let place = unsafe { alloc(layout) };
    if place.is_null() {
        return Err(OUT_OF_MEMORY);
    }
    // SAFETY: the memory is the allocator's and has the layout of a `T`, which may be uninitialised in it.
    let made = unsafe { Box::from_raw(place.cast::<MaybeUninit<T>>()) };
    if is_set_aside(place) { Err(OUT_OF_MEMORY) } else { Ok(made) }
}

/// Whether the memory is of that which is set aside for what cannot fail.
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
