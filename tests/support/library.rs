//! The library that cargo built along with the test, under the names that linkers and loaders look for.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Where cargo left the shared and the static library: beside the test itself, and nowhere else.
pub(crate) fn built() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    test.parent().expect("the test is in a directory").to_owned()
}

/// The shared library's own path.
pub(crate) fn shared_object() -> PathBuf {
    let file = built().join(format!("{DLL_PREFIX}tabi{DLL_SUFFIX}"));
    assert!(file.exists(), "cargo has not built {}", file.display());
    file
}

/// A directory for the linker (`libtabi.so`) and the loader, which looks for the SONAME (`libtabi.so.0`).
pub(crate) fn directory() -> PathBuf {
    let directory = scratch("lib");
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    let soname = if cfg!(target_os = "macos") {
        format!("libtabi.{major}.dylib")
    } else {
        format!("libtabi.so.{major}")
    };
    for name in [format!("{DLL_PREFIX}tabi{DLL_SUFFIX}"), soname] {
        link(&shared_object(), &directory.join(name));
    }
    directory
}

/// A directory of this name for what tests make, in cargo's own place for that.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).expect("cargo's directory for tests can be written");
    directory
}

/// Several tests may come here at once: the link appears whole or not at all.
fn link(target: &Path, name: &Path) {
    if fs::read_link(name).is_ok_and(|old| old == target) {
        return;
    }
    let id = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let fresh = name.with_extension(id);
    match symlink(target, &fresh) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => panic!("{}: {error}", fresh.display()),
        _ => fs::rename(&fresh, name).expect("a link can be renamed"),
    }
}
