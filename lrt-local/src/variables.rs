//! The environment variables that Lambda sets, for processes of a function and for `invoke`, which runs it in this process.

use lrt_core::FunctionInfo;
use std::path::{Path, PathBuf};

/// The name of the function, which selects it in a binary with several functions.
pub(super) const HANDLER: &str = "_HANDLER";

/// Returns the variables that Lambda sets, except for the address of the Runtime API
/// ([list](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime)). `folder` is that
/// of the executable.
pub(super) fn of_function(function: FunctionInfo, folder: Option<&Path>) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        (HANDLER, function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", function.version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", function.log_stream),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ];
    if let Some(folder) = folder {
        variables.push(("LAMBDA_TASK_ROOT", folder.display().to_string()));
    }
    if !has_region() {
        variables.extend(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, "us-east-1".to_owned())));
    }
    variables
}

/// Returns true if the user has set the variable, which takes precedence.
pub(super) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// Returns true if the user has configured a region, which a variable would override.
fn has_region() -> bool {
    if is_set("AWS_REGION") || is_set("AWS_DEFAULT_REGION") || is_set("AWS_PROFILE") {
        return true;
    }
    let file = match (std::env::var_os("AWS_CONFIG_FILE"), std::env::home_dir()) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(home)) => home.join(".aws/config"),
        (None, None) => return false,
    };
    sets_region(&file)
}

fn sets_region(config: &Path) -> bool {
    let text = std::fs::read_to_string(config).unwrap_or_default();
    text.lines().any(|line| line.split_once('=').is_some_and(|(name, _)| name.trim() == "region"))
}

/// Sets the variables of the function in this process, except for those that the user has set. Does nothing if another thread may
/// read the environment meanwhile: a program that has started threads has usually read it already.
///
/// # Soundness
///
/// `set_var` must not run while another thread accesses the environment without the lock of `std::env`, as C code does:
///
/// - Linux: this is the only thread, as in the `main` that lrt's attributes write. No other code runs that could start one.
/// - macOS: `getenv` and `setenv` of the C library exclude each other with a lock. Variables are only added, so that no value that
///   another thread may have found is freed.
/// - Windows: the system's functions exclude each other, so that `set_var` is always sound.
/// - Elsewhere, the variables are not set.
#[allow(unsafe_code)]
pub(super) fn set_in_process(function: FunctionInfo) {
    if !is_sound() {
        return;
    }
    let executable = std::env::current_exe().ok();
    for (name, value) in of_function(function, executable.as_deref().and_then(Path::parent)) {
        if !is_set(name) && !value.contains('\0') {
            // SAFETY: see the description of this function.
            unsafe { std::env::set_var(name, value) };
        }
    }
}

/// Returns true if no other thread can access the environment while this one sets a variable.
fn is_sound() -> bool {
    match std::env::consts::OS {
        "linux" => std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1),
        system => ["macos", "windows"].contains(&system),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_of_the_aws_config_is_found() {
        let file = std::env::temp_dir().join(format!("lrt-aws-config-{}", std::process::id()));
        for (text, is_set) in
            [("[default]\nregion = eu-west-1\n", true), ("[default]\noutput=json\nsso_region=x", false)]
        {
            std::fs::write(&file, text).unwrap();
            assert_eq!(sets_region(&file), is_set);
        }
        std::fs::remove_file(&file).unwrap();
        assert!(!sets_region(&file));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn environment_of_a_process_with_threads_is_not_changed() {
        let mut function = FunctionInfo::default();
        function.name = "process".to_owned();
        std::thread::scope(|scope| {
            scope.spawn(|| set_in_process(function));
        });
        assert!(!is_set(HANDLER) && !is_set("AWS_LAMBDA_FUNCTION_NAME"));
    }
}
