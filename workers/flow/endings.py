"""The endings that files have, and the languages by which code blocks name what such files hold."""

from __future__ import annotations

#: The language of each ending, as code blocks name it; the first name of a language is the one that is shown.
LANGUAGES: dict[str, tuple[str, ...]] = {
    "py": ("python", "py", "python3"),
    "pyi": ("python", "py"),
    "js": ("javascript", "js", "jsx"),
    "mjs": ("javascript", "js"),
    "jsx": ("jsx", "javascript", "js"),
    "ts": ("typescript", "ts"),
    "tsx": ("tsx", "typescript", "ts"),
    "json": ("json", "jsonc"),
    "ipynb": ("json",),
    "toml": ("toml",),
    "yaml": ("yaml", "yml"),
    "yml": ("yaml", "yml"),
    "md": ("markdown", "md"),
    "rst": ("rst",),
    "tex": ("latex", "tex"),
    "txt": ("text", "txt", "plaintext"),
    "log": ("text", "log"),
    "csv": ("csv",),
    "tsv": ("tsv",),
    "html": ("html", "htm"),
    "htm": ("html", "htm"),
    "css": ("css",),
    "scss": ("scss",),
    "svg": ("svg", "xml"),
    "xml": ("xml",),
    "sql": ("sql",),
    "sh": ("sh", "bash", "shell", "zsh"),
    "bash": ("bash", "sh", "shell"),
    "bat": ("bat", "batch"),
    "ps1": ("powershell", "ps1"),
    "ini": ("ini", "cfg"),
    "cfg": ("ini", "cfg"),
    "conf": ("conf", "nginx", "ini"),
    "env": ("env", "sh", "dotenv"),
    "properties": ("properties",),
    "c": ("c",),
    "h": ("c", "h", "cpp"),
    "cpp": ("cpp", "c++", "cc"),
    "hpp": ("cpp", "c++", "hpp"),
    "cs": ("csharp", "cs", "c#"),
    "go": ("go", "golang"),
    "rs": ("rust", "rs"),
    "java": ("java",),
    "kt": ("kotlin", "kt"),
    "swift": ("swift",),
    "rb": ("ruby", "rb"),
    "php": ("php",),
    "pl": ("perl", "pl"),
    "lua": ("lua",),
    "r": ("r",),
    "jl": ("julia", "jl"),
    "scala": ("scala",),
    "dart": ("dart",),
    "vue": ("vue", "html"),
    "proto": ("proto", "protobuf"),
    "tf": ("hcl", "terraform", "tf"),
    "ics": ("ics",),
    "vcf": ("vcf",),
}


def find_ending(path: str) -> str:
    """Return the ending of a path in small letters, without its dot; empty where it has none."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot else ""


def name_language(path: str) -> str:
    """Return the word by which a code block names the language of a file."""
    return LANGUAGES.get(find_ending(path), ("text",))[0]
