//! Filters for paths, of Unix and of Windows.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["win_basename"],
        win_basename,
        "the last part of a path of Windows",
        ["'C:\\Temp\\a.txt' | win_basename", "\"a.txt\""],
    ),
    Filter::new(
        &["win_dirname"],
        win_dirname,
        "a path of Windows without its last part",
        ["'C:\\Temp\\a.txt' | win_dirname", "\"C:\\\\Temp\""],
    ),
    Filter::new(
        &["win_splitdrive"],
        win_splitdrive,
        "drive or share, and the rest",
        ["'C:\\Temp' | win_splitdrive", "[\"C:\",\"\\\\Temp\"]"],
    ),
    Filter::new(
        &["basename"],
        basename,
        "the last part of a path",
        ["'/etc/hosts' | basename", "\"hosts\""],
    ),
    Filter::new(
        &["dirname"],
        dirname,
        "a path without its last part",
        ["'/etc/hosts' | dirname", "\"/etc\""],
    ),
    Filter::new(
        &["splitext"],
        splitext,
        "a path and its extension",
        ["'a/b.tar.gz' | splitext", "[\"a/b.tar\",\".gz\"]"],
    ),
    Filter::new(
        &["path_join"],
        path_join,
        "parts of a path with `/` between them",
        ["['/etc', 'ssh'] | path_join", "\"/etc/ssh\""],
    ),
    Filter::new(
        &["normpath"],
        normpath,
        "a path without `.`, `..` and double slashes",
        ["'/a/./b//../c' | normpath", "\"/a/c\""],
    ),
    Filter::new(
        &["commonpath"],
        commonpath,
        "the path that all have in common",
        ["['/a/b/c', '/a/b/d'] | commonpath", "\"/a/b\""],
    ),
    Filter::new(
        &["relpath"],
        relpath,
        "an absolute path as seen from another absolute one",
        ["'/a/b' | relpath('/a/c')", "\"../b\""],
    ),
];

fn text(call: &Call<'_, '_>) -> Result<String, Fault> {
    call.done()?;
    Ok(call.strict_text()?.to_owned())
}

/// The directory with its slash, and the last part.
fn split(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    path.split_at_checked(at).unwrap_or(("", path))
}

fn basename(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    Ok(Value::from(split(&path).1))
}

fn dirname(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    let (directory, _) = split(&path);
    let trimmed = directory.trim_end_matches('/');
    Ok(Value::from(if trimmed.is_empty() {
        directory
    } else {
        trimmed
    }))
}

fn splitext(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    let (directory, name) = split(&path);
    let dots = name.len() - name.trim_start_matches('.').len();
    let dot = name.rfind('.').filter(|at| *at >= dots.max(1));
    let at = dot.map_or(path.len(), |at| directory.len() + at);
    let (root, extension) = path.split_at_checked(at).unwrap_or((&path, ""));
    Ok(Value::tuple(vec![
        Value::from(root),
        Value::from(extension),
    ]))
}

fn path_join(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let parts = match &call.input {
        Value::Text(_) => return Ok(call.input.clone()),
        Value::List(parts) | Value::Tuple(parts) => parts.clone(),
        _ => return Err(call.wrong_input("a list of texts")),
    };
    let mut whole = String::new();
    for (at, part) in parts.iter().enumerate() {
        let Some(part) = part.as_text() else {
            return Err(call.failed(format!("a part is {}", part.describe())));
        };
        if at == 0 || part.starts_with('/') {
            whole.clear();
        } else if !whole.is_empty() && !whole.ends_with('/') {
            whole.push('/');
        }
        whole.push_str(part);
    }
    Ok(Value::from(whole))
}

fn normal(path: &str) -> String {
    let slashes = path.len() - path.trim_start_matches('/').len();
    let root = match slashes {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if !root.is_empty() && parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let whole = format!("{root}{}", parts.join("/"));
    if whole.is_empty() {
        ".".to_owned()
    } else {
        whole
    }
}

fn normpath(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    Ok(Value::from(normal(&path)))
}

fn commonpath(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    let Some(paths) = call.input.as_sequence().cloned() else {
        return Err(call.wrong_input("a list of paths"));
    };
    let paths: Option<Vec<&str>> = paths.iter().map(Value::as_text).collect();
    let Some(paths) = paths else {
        return Err(call.wrong_input("a list of texts"));
    };
    let Some((first, others)) = paths.split_first() else {
        return Err(call.failed("the list is empty"));
    };
    let absolute = first.starts_with('/');
    if others.iter().any(|path| path.starts_with('/') != absolute) {
        return Err(call.failed("absolute and relative paths have nothing in common"));
    }
    let parts = |path: &str| -> Vec<String> {
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let mut common = parts(first);
    for other in others {
        let other = parts(other);
        let same = common
            .iter()
            .zip(&other)
            .take_while(|(one, other)| one == other);
        common.truncate(same.count());
    }
    let root = if absolute { "/" } else { "" };
    Ok(Value::from(format!("{root}{}", common.join("/"))))
}

fn relpath(call: &mut Call<'_, '_>) -> Answer {
    let start = call.text("start", "")?;
    let path = text(call)?;
    if !path.starts_with('/') || !start.starts_with('/') {
        let fault = call.failed("needs two absolute paths");
        return Err(fault.help("relative ones would depend on where the command is run"));
    }
    let (path, start) = (normal(&path), normal(&start));
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let same = path
        .iter()
        .zip(&start)
        .take_while(|(one, other)| one == other)
        .count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - same);
    let way: Vec<String> = up.chain(path.into_iter().skip(same)).collect();
    Ok(Value::from(if way.is_empty() {
        ".".to_owned()
    } else {
        way.join("/")
    }))
}

fn is_separator(letter: char) -> bool {
    letter == '\\' || letter == '/'
}

/// Drive or share, and the rest.
fn drive(path: &str) -> (&str, &str) {
    let letters: Vec<char> = path.chars().take(3).collect();
    let at = match letters.as_slice() {
        [first, second, ..] if is_separator(*first) && is_separator(*second) => share(path),
        [first, ':', ..] => first.len_utf8() + 1,
        _ => 0,
    };
    path.split_at_checked(at).unwrap_or(("", path))
}

/// The length of `\\server\share`, or of `\\?\UNC\server\share`.
fn share(path: &str) -> usize {
    let long = path
        .get(..8)
        .is_some_and(|start| start.replace('/', "\\").to_uppercase() == "\\\\?\\UNC\\");
    let from = if long { 8 } else { 2 };
    let rest = path.get(from..).unwrap_or_default();
    let mut ends = rest
        .char_indices()
        .filter(|(_, letter)| is_separator(*letter));
    match (ends.next(), ends.next()) {
        (Some(_), Some((at, _))) => from + at,
        _ => path.len(),
    }
}

fn win_split(path: &str) -> (String, String) {
    let (drive, rest) = drive(path);
    let at = rest.rfind(is_separator).map_or(0, |at| at + 1);
    let (head, tail) = rest.split_at_checked(at).unwrap_or(("", rest));
    let trimmed = head.trim_end_matches(is_separator);
    let head = if trimmed.is_empty() { head } else { trimmed };
    (format!("{drive}{head}"), tail.to_owned())
}

fn win_basename(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    Ok(Value::from(win_split(&path).1))
}

fn win_dirname(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    Ok(Value::from(win_split(&path).0))
}

fn win_splitdrive(call: &mut Call<'_, '_>) -> Answer {
    let path = text(call)?;
    let (drive, rest) = drive(&path);
    Ok(Value::tuple(vec![Value::from(drive), Value::from(rest)]))
}
