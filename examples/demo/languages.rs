//! The example programs in each language: how they are built and started.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The example programs that exist in every language.
const PROGRAMS: [&str; 17] = [
    "hello_server",
    "hello_client",
    "chat_server",
    "chat_client",
    "udp_echo_server",
    "udp_echo_client",
    "unix_echo_server",
    "unix_echo_client",
    "connect_check",
    "fetch",
    "chat_room",
    "web_server",
    "keep_alive_server",
    "time_server",
    "control_server",
    "relay_server",
    "restart_server",
];

/// A language in which the programs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    C,
    Rust,
    /// Python programs whose `socket` module runs on tabi.
    Python,
    /// The same programs on CPython's own `socket` module.
    #[allow(dead_code, reason = "the demo has no use for it, the tests have")]
    StockPython,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Language::C => "C",
            Language::Rust => "Rust",
            Language::Python => "Python",
            Language::StockPython => "CPython",
        })
    }
}

/// Where the example programs are, relative to the program that runs.
pub struct Programs {
    root: PathBuf,
    /// Cargo's directory for this profile, such as `target/debug`.
    profile: PathBuf,
    /// The program with which they are started, if they are for another system.
    emulator: Option<PathBuf>,
}

impl Programs {
    /// Finds the directories from the path of this program. Cargo puts examples and tests one directory below the
    /// profile's.
    pub fn new() -> Result<Programs, String> {
        let own = std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
        let profile = own.parent().and_then(Path::parent).ok_or("cargo did not build this program")?;
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        Ok(Programs { root, profile: profile.to_owned(), emulator: None })
    }

    /// Finds the programs for Windows that `.ci/windows` has built. Wine starts them.
    #[allow(dead_code, reason = "the tests have no use for it, the demo has")]
    pub fn for_windows() -> Programs {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let profile = root.join("target/windows/x86_64-pc-windows-gnu/debug");
        Programs { root, profile, emulator: Some(PathBuf::from("/usr/lib/wine/wine64")) }
    }

    #[allow(dead_code, reason = "the tests have no use for it, the demo has")]
    pub fn are_for_windows(&self) -> bool {
        self.emulator.is_some()
    }

    /// Builds the programs of a language. The error is the reason why that is not possible.
    pub fn prepare(&self, language: Language) -> Result<(), String> {
        if self.emulator.is_some() {
            let program = self.command(language, "hello_server");
            let mut files = program.get_args().map(Path::new).filter(|argument| argument.is_absolute());
            return match files.find(|file| !file.exists()) {
                Some(missing) => Err(format!("{} is missing: run .ci/windows", missing.display())),
                None => Ok(()),
            };
        }
        match language {
            Language::C => self.compile_c(),
            Language::Rust => self.cargo_build(&["--examples"]),
            Language::Python => {
                have("python3")?;
                self.cargo_build(&["--package", "tabi-capi"])
            }
            Language::StockPython => have("python3"),
        }
    }

    /// Returns the command that starts a program.
    pub fn command(&self, language: Language, program: &str) -> Command {
        let script = self.root.join(format!("python/examples/{program}.py"));
        match language {
            Language::C => self.compiled(self.c_programs().join(program)),
            Language::Rust => self.compiled(self.profile.join("examples").join(program)),
            Language::StockPython => {
                let mut python = self.python();
                python.arg(script);
                python
            }
            Language::Python => {
                let mut python = self.python();
                python.args(["-m", "tabi"]).arg(script);
                python.env("PYTHONPATH", self.path(&self.root.join("python")));
                python.env("TABI_LIBRARY", self.path(&self.library()));
                python
            }
        }
    }

    fn compiled(&self, program: PathBuf) -> Command {
        let Some(emulator) = &self.emulator else { return Command::new(program) };
        let mut command = Command::new(emulator);
        command.arg(program.with_extension("exe"));
        command
    }

    fn python(&self) -> Command {
        let Some(emulator) = &self.emulator else { return Command::new("python3") };
        let mut command = Command::new(emulator);
        command.arg(self.root.join("target/windows/python/python.exe")).arg("-u");
        command
    }

    /// A path as the programs know it. Windows has this system's files on a drive of its own.
    fn path(&self, path: &Path) -> OsString {
        match &self.emulator {
            Some(_) => format!("Z:{}", path.display()).replace('/', "\\").into(),
            None => path.into(),
        }
    }

    fn library(&self) -> PathBuf {
        if self.emulator.is_some() {
            return self.profile.join("tabi.dll");
        }
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        self.profile.join(format!("{prefix}tabi{suffix}"))
    }

    fn c_programs(&self) -> PathBuf {
        self.profile.join("examples/c")
    }

    fn compile_c(&self) -> Result<(), String> {
        have("cc")?;
        self.cargo_build(&["--package", "tabi-capi"])?;
        let directory = self.c_programs();
        fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        // The programs look for the library in their own directory, by its SONAME.
        for soname in ["libtabi.so.0", "libtabi.0.dylib"] {
            let name = directory.join(soname);
            let _ = fs::remove_file(&name);
            symlink(self.library(), &name).map_err(|error| format!("{}: {error}", name.display()))?;
        }
        for program in PROGRAMS {
            let mut cc = Command::new("cc");
            cc.args([
                "-std=c99",
                "-D_POSIX_C_SOURCE=200809L",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-pedantic",
                "-g",
            ]);
            cc.arg("-I").arg(self.root.join("include")).arg("-o").arg(directory.join(program));
            cc.arg(self.root.join(format!("c-examples/{program}.c"))).arg(self.library());
            cc.arg(format!("-Wl,-rpath,{}", directory.display())).arg("-lpthread");
            run(&mut cc)?;
        }
        Ok(())
    }

    fn cargo_build(&self, what: &[&str]) -> Result<(), String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let profile = self.profile.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
        let above = self.profile.parent().ok_or("cargo did not build this program")?;
        // A program for another system is in TARGET/PROFILE of the directory in which cargo keeps a file about the compiler.
        let directory =
            above.ancestors().find(|path| path.join(".rustc_info.json").exists()).unwrap_or(above);
        let mut build = Command::new(cargo);
        build
            .args(["build", "--quiet", "--profile", if profile == "debug" { "dev" } else { profile }])
            .args(what);
        if let Some(target) = above.file_name().filter(|_| directory != above) {
            build.arg("--target").arg(target);
        }
        build.arg("--target-dir").arg(directory).arg("--manifest-path").arg(self.root.join("Cargo.toml"));
        run(&mut build)
    }
}

/// Fails when the tool cannot be started.
fn have(tool: &str) -> Result<(), String> {
    let version = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.map(drop).map_err(|_| format!("{tool} is not installed"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
