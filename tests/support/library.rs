//! The C library. Each test process that needs it builds it once, under the names that linkers and loaders
//! look for.

use std::env;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::compile;

/// The files that cargo has built of the package in `capi/` and of the crate below it.
pub(crate) struct Library {
    pub(crate) shared_object: PathBuf,
    pub(crate) archive: PathBuf,
    /// The header that the source generates now.
    pub(crate) header: PathBuf,
    /// The Rust crate, for rustdoc.
    pub(crate) rlib: PathBuf,
}

impl Library {
    /// The directory in which both libraries are.
    pub(crate) fn directory(&self) -> &Path {
        self.shared_object.parent().expect("the library is in a directory")
    }
}

/// Builds the library with the profile of this test, because `cargo test` itself builds no shared library of
/// another package.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut cargo = cargo();
        cargo.args([
            "build",
            "--quiet",
            "--message-format=json",
            "--package",
            "tabi",
            "--package",
            "tabi-capi",
        ]);
        if cfg!(feature = "idna") {
            cargo.args(["--features", "idna"]);
        }
        let output = compile::run(cargo.args(same_profile_and_place()));
        let artifacts = |ending: &str| {
            let texts =
                output.lines().filter(|line| line.contains("libtabi")).flat_map(|line| line.split('"'));
            texts.filter(|text| text.ends_with(ending)).map(PathBuf::from).next_back()
        };
        let script =
            output.lines().find(|line| line.contains("build-script-executed") && line.contains("/capi"));
        let out_dir = script.and_then(|line| line.split_once("\"out_dir\":\"")?.1.split('"').next());
        Library {
            shared_object: artifacts(&format!("{DLL_PREFIX}tabi{DLL_SUFFIX}"))
                .expect("cargo names the library"),
            archive: artifacts("libtabi.a").expect("cargo names the archive"),
            header: Path::new(out_dir.expect("cargo names the script's directory")).join("tabi.h"),
            rlib: artifacts(".rlib").expect("cargo names the crate"),
        }
    })
}

/// The cargo that built this test, to be run in the directory of the package.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}

/// The options with which cargo uses the profile and the directory of this test. The test is in
/// `[TARGET/]PROFILE/deps` of the target directory, where cargo keeps a file about the compiler.
pub(crate) fn same_profile_and_place() -> Vec<String> {
    let test = env::current_exe().expect("the test knows its own path");
    let name = |path: &Path| path.file_name().expect("a directory has a name").to_string_lossy().into_owned();
    let profile = test.ancestors().nth(2).expect("the test is in a profile's directory");
    let above = profile.parent().expect("a profile is in a directory");
    let target_directory = above.ancestors().find(|path| path.join(".rustc_info.json").exists());
    let target_directory = target_directory.expect("cargo built the test in its target directory");
    let profile = match name(profile).as_str() {
        "debug" => "dev".to_owned(),
        other => other.to_owned(),
    };
    let mut options = vec!["--profile".to_owned(), profile];
    options.extend(["--target-dir".to_owned(), target_directory.display().to_string()]);
    if above != target_directory {
        options.extend(["--target".to_owned(), name(above)]);
    }
    options
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
        link(&library().shared_object, &directory.join(name));
    }
    directory
}

/// A directory with this name for files that tests make, in the place that cargo has for them.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).expect("cargo's directory for tests can be written");
    directory
}

/// Several tests may do this at the same time, so the link is made in one step.
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
