//! The files that `make install` installs, as C programmers find them with pkg-config and with CMake.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{compile, header, library, tools};

const PROGRAM: &str =
    "#include <stdio.h>\n#include <tabi.h>\nint main(void) { puts(tabi_version()); return 0; }\n";

const PROJECT: &str = "cmake_minimum_required(VERSION 3.13)
project(version C)
find_package(tabi 0.1 REQUIRED)
add_executable(shared version.c)
target_link_libraries(shared PRIVATE tabi::tabi)
add_executable(static version.c)
target_link_libraries(static PRIVATE tabi::static)
";

/// Runs `make` for a target with these settings.
fn make(target: &str, settings: &[String]) {
    let mut make = Command::new("make");
    make.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--silent", target]).args(settings);
    make.arg(format!("LIBRARY={}", library::library().directory().display()));
    for variable in ["MAKEFLAGS", "DESTDIR", "PREFIX", "LIBDIR", "INCLUDEDIR"] {
        make.env_remove(variable);
    }
    compile::run(&mut make);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory is there").map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// An installed library for one test.
struct Installed {
    scratch: PathBuf,
    settings: Vec<String>,
}

impl Installed {
    /// Installs below a folder of this name, where the libraries go to `prefix/lib/MULTIARCH`.
    fn new(name: &str) -> Installed {
        let scratch = library::scratch(name);
        let prefix = scratch.join("usr");
        let settings = vec![
            format!("PREFIX={}", prefix.display()),
            format!("LIBDIR={}/lib/any-linux-gnu", prefix.display()),
        ];
        make("install", &settings);
        fs::write(scratch.join("version.c"), PROGRAM).expect("the scratch directory can be written");
        Installed { scratch, settings }
    }

    fn libraries(&self) -> PathBuf {
        self.scratch.join("usr/lib/any-linux-gnu")
    }

    /// What pkg-config answers.
    fn flags(&self, questions: &[&str]) -> Vec<String> {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.args(["--cflags", "--libs", "--print-errors"]).args(questions);
        let flags = compile::run(pkg_config.env("PKG_CONFIG_PATH", self.libraries().join("pkgconfig")));
        flags.split_whitespace().map(str::to_owned).collect()
    }

    fn compile(&self, program: &str, flags: &[String]) -> PathBuf {
        let program = self.scratch.join(program);
        let mut cc = Command::new("cc");
        cc.args(compile::C_FLAGS).arg(self.scratch.join("version.c")).arg("-o").arg(&program).args(flags);
        compile::run(&mut cc);
        program
    }

    /// Runs a program that needs the shared library.
    fn assert_runs_with_the_library(&self, program: &Path) {
        let mut program = Command::new(program);
        let version = compile::run(program.env("LD_LIBRARY_PATH", self.libraries()));
        assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));
    }

    /// Runs a program that must not need the shared library, and cannot have it.
    fn assert_runs_alone(&self, program: &Path) {
        let version = compile::run(Command::new(program).env_remove("LD_LIBRARY_PATH"));
        assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));
    }
}

/// pkg-config marks spaces for a shell that reads its answer once more, as build tools do.
#[test]
fn a_prefix_may_have_spaces_and_may_be_moved() {
    if !tools_are_there(&["make", "cc", "cmake", "pkg-config"]) {
        return;
    }
    let scratch = library::scratch("install-moved");
    let (first, moved) = (scratch.join("the first"), scratch.join("an other"));
    for folder in [&first, &moved] {
        let _ = fs::remove_dir_all(folder);
    }
    make("install", &[format!("PREFIX={}", first.join("us r").display())]);
    fs::rename(&first, &moved).unwrap();
    fs::write(scratch.join("version.c"), PROGRAM).unwrap();
    fs::write(scratch.join("CMakeLists.txt"), PROJECT).unwrap();

    let prefix = moved.join("us r");
    let script =
        "eval cc version.c -o by-pkg-config $(pkg-config --define-prefix --cflags --libs tabi-static)
        cmake -S . -B build -DCMAKE_PREFIX_PATH=\"$PREFIX\"
        cmake --build build
        ./by-pkg-config
        build/static
        LD_LIBRARY_PATH=\"$PREFIX/lib\" build/shared";
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(&scratch).env("PREFIX", &prefix).env_remove("LD_LIBRARY_PATH");
    let printed = compile::run(shell.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
    let version = env!("CARGO_PKG_VERSION");
    assert!(printed.ends_with(&format!("{version}\n{version}\n{version}\n")), "{printed}");
}

/// The references of a manual page to the pages of this library, such as `tabi_recv` in `.Xr tabi_recv 3`.
fn references(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .filter_map(|line| line.strip_prefix(".Xr "))
        .flat_map(|line| line.split(' ').take(2))
        .filter(|word| word.starts_with("tabi"))
}

fn tools_are_there(tools: &[&str]) -> bool {
    tools.iter().all(|tool| tools::have(tool, "make install"))
}

#[test]
fn a_program_finds_what_was_installed_and_nothing_stays_when_it_is_removed() {
    if !tools_are_there(&["make", "cc", "pkg-config"]) {
        return;
    }
    let installed = Installed::new("install");
    let program = installed.compile("shared", &installed.flags(&["tabi"]));
    installed.assert_runs_with_the_library(&program);

    make("uninstall", &installed.settings);
    assert_eq!(files(&installed.scratch.join("usr")), Vec::<PathBuf>::new());
}

/// `tabi-static` takes the archive, although the shared library stands beside it. `-static` takes only archives.
#[test]
fn a_static_program_does_not_need_the_shared_library() {
    if !tools_are_there(&["make", "cc", "pkg-config"]) {
        return;
    }
    let installed = Installed::new("install-static");
    let program = installed.compile("static", &installed.flags(&["tabi-static"]));
    installed.assert_runs_alone(&program);

    let mut flags = vec!["-static".to_owned()];
    flags.extend(installed.flags(&["--static", "tabi"]));
    let program = installed.compile("whole", &flags);
    installed.assert_runs_alone(&program);
}

#[test]
fn cmake_finds_the_shared_and_the_static_library() {
    if !tools_are_there(&["make", "cc", "cmake"]) {
        return;
    }
    let installed = Installed::new("install-cmake");
    fs::write(installed.scratch.join("CMakeLists.txt"), PROJECT)
        .expect("the scratch directory can be written");
    let build = installed.scratch.join("build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(&installed.scratch).arg("-B").arg(&build);
    configure.arg(format!("-Dtabi_DIR={}", installed.libraries().join("cmake/tabi").display()));
    compile::run(&mut configure);
    compile::run(Command::new("cmake").arg("--build").arg(&build));
    installed.assert_runs_with_the_library(&build.join("shared"));
    installed.assert_runs_alone(&build.join("static"));
}

/// `DESTDIR` stands before every path, and no file says anything of it.
#[test]
fn a_package_is_made_in_a_folder_that_its_files_do_not_name() {
    if !tools_are_there(&["make"]) {
        return;
    }
    let staging = library::scratch("install-package");
    let settings = [
        format!("DESTDIR={}", staging.display()),
        "PREFIX=/usr".to_owned(),
        "LIBDIR=/usr/lib64".to_owned(),
        "INCLUDEDIR=/usr/include/tabi-0".to_owned(),
    ];
    make("install", &settings);
    let description = fs::read_to_string(staging.join("usr/lib64/pkgconfig/tabi.pc")).unwrap();
    for line in ["prefix=/usr", "libdir=${prefix}/lib64", "includedir=${prefix}/include/tabi-0"] {
        assert!(description.lines().any(|each| each == line), "no line {line} in:\n{description}");
    }
    assert!(staging.join("usr/include/tabi-0/tabi.h").is_file());
    assert!(staging.join("usr/share/man/man3/tabi_recv.3").is_file());
    for file in ["pkgconfig/tabi-static.pc", "cmake/tabi/tabi-config.cmake"] {
        let text = fs::read_to_string(staging.join("usr/lib64").join(file)).unwrap();
        assert!(!text.contains('@') && !text.contains(&*staging.to_string_lossy()), "{file}:\n{text}");
    }
    make("uninstall", &settings);
    assert_eq!(files(&staging), Vec::<PathBuf>::new());
}

#[test]
fn every_function_and_type_has_a_manual_page() {
    if !tools_are_there(&["make", "python3"]) {
        return;
    }
    let pages = Installed::new("install-man").scratch.join("usr/share/man/man3");
    let functions = header::functions().into_iter().chain(header::inline_functions()).chain(header::types());
    for name in functions.chain(header::windows_functions()) {
        assert!(pages.join(format!("{name}.3")).is_file(), "man {name} shows nothing");
    }
    for page in files(&pages) {
        for name in references(&fs::read_to_string(&page).unwrap()) {
            assert!(pages.join(format!("{name}.3")).is_file(), "{} names {name}(3)", page.display());
        }
    }
}

/// What mandoc says about pages that it does not find depends on the system. The test above looks for those of the
/// library.
#[test]
fn mandoc_finds_no_fault_in_the_manual_pages() {
    if !tools_are_there(&["make", "python3", "mandoc"]) {
        return;
    }
    let installed = Installed::new("install-lint");
    let mut mandoc = Command::new("mandoc");
    mandoc.arg("-Tlint").args(files(&installed.scratch.join("usr/share/man")));
    mandoc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/tabi.1"));
    let said = mandoc.output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout);
    let faults: Vec<&str> =
        said.lines().filter(|line| !line.contains("referenced manual not found")).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
