//! Probes, which only Linux has, and there not every processor.

pub(crate) fn accept(_number: usize) {}
pub(crate) fn start(_number: usize) {}
pub(crate) fn end(_number: usize) {}
pub(crate) fn park(_number: usize) {}
pub(crate) fn wake(_number: usize) {}
pub(crate) fn shed(_number: usize) {}
