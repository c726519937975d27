"""What the site of mkdocs.yml shows besides docs/: the README, and every file that is linked to.

On a forge, a link such as ../baselines/transfer/student/student.py leads to that file. On the site
it leads to a page that shows it, at the definition that the link's text names, such as
`student.Student`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

ROOT = Path(__file__).resolve().parent.parent
HOME = "README.md"
IMAGES = (".png", ".svg", ".gif")
LISTED = (".md", ".py", ".sh", ".yaml")
"""Files that are linked to where a folder is listed; of others only the name is told."""

LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)((?:#[^)\s]*)?)\)")


origins: dict[str, str] = {}
"""The path below the root of what each page shows, by the name that MkDocs has for the page."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages: the README's, and those of all that is linked to from a page, and so on."""
    shown = [HOME, *(f"docs/{file.src_uri}" for file in files)]
    for path in shown:  # which grows
        linked = (_linked(path, target) for _, target, _ in LINK.findall(_markdown(path)))
        shown += {one for one in linked if one not in shown and (ROOT / one).exists()}
    origins.clear()
    origins.update((_uri(path), path) for path in shown)
    for path in shown:
        if not path.startswith("docs/"):
            files.append(_file(path, config))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page into those of the site."""
    origin, folder = origins[page.file.src_uri], str(PurePosixPath(page.file.src_uri).parent)

    def rewritten(link: re.Match[str]) -> str:
        text, target, anchor = link.groups()
        linked = _linked(origin, target)
        return f"[{text}]({relpath(_uri(linked), folder)}{anchor or _anchor(linked, text)})"

    return markdown if _is_source(origin) else LINK.sub(rewritten, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Add the lines of a file that is shown as it is, which are not Markdown."""
    origin = origins[page.file.src_uri]
    if not _is_source(origin):
        return html
    text = (ROOT / origin).read_text(encoding="utf-8")
    assert page.present_anchor_ids is not None
    page.present_anchor_ids |= {f"line-{i + 1}" for i in range(len(text.splitlines()))}
    return html + _lines(origin, text)


def _linked(path: str, target: str) -> str:
    """The path below the root that a link on the page `path` leads to; of a folder, its README."""
    linked = normpath(f"{PurePosixPath(path).parent}/{target}")
    readme = f"{linked}/README.md"
    return readme if (ROOT / readme).is_file() else linked


def _uri(path: str) -> str:
    """What MkDocs is to call the page or picture that shows a file or folder of the checkout."""
    if path == HOME:
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"source/{path}" if path.endswith((".md", *IMAGES)) else f"source/{path}.md"


def _is_source(path: str) -> bool:
    """Whether it is neither Markdown, nor a picture, nor a folder that is listed."""
    return not path.endswith((".md", *IMAGES)) and not (ROOT / path).is_dir()


def _markdown(path: str) -> str:
    """The text in which links are looked for; nothing for a file that is shown as it is."""
    if (ROOT / path).is_dir():
        return _listing(path)
    return (ROOT / path).read_text(encoding="utf-8") if path.endswith(".md") else ""


def _file(path: str, config: MkDocsConfig) -> File:
    in_nav = InclusionLevel.INCLUDED if path == HOME else InclusionLevel.NOT_IN_NAV
    if path.endswith(IMAGES):
        return File.generated(config, _uri(path), abs_src_path=str(ROOT / path), inclusion=in_nav)
    content = f"# `{path}`\n" if _is_source(path) else _markdown(path)
    return File.generated(config, _uri(path), content=content, inclusion=in_nav)


def _lines(path: str, text: str) -> str:
    """The lines of a file, in HTML, with an anchor `line-<number>` for each."""
    try:
        lexer = get_lexer_for_filename(path)
    except ClassNotFound:
        lexer = TextLexer()
    return highlight(text, lexer, HtmlFormatter(noclasses=True, lineanchors="line"))


def _listing(folder: str) -> str:
    """A page that lists the files of a folder, with what they say of themselves."""
    return "\n".join([f"# {folder}", "", *_entries(ROOT / folder)])


def _entries(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.suffix in LISTED:
            about = _about(path)
            yield f"- [`{path.name}`]({folder.name}/{path.name}){': ' if about else ''}{about}"
        elif path.is_file():
            yield f"- `{path.name}`"


def _about(path: Path) -> str:
    """The first line of what a file says of itself."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    comment = re.search(r"^# (.*)", text, re.MULTILINE)
    return comment[1] if comment else ""


def _anchor(path: str, text: str) -> str:
    """The anchor of the definition that the text of a link names, if it names one."""
    name = re.match(r"`([\w.]+)`", text)
    if name is None or not path.endswith(".py"):
        return ""
    line = definition_line((ROOT / path).read_text(encoding="utf-8"), Path(path).stem, name[1])
    return f"#line-{line}" if line else ""


def definition_line(source: str, module: str, name: str) -> int | None:
    """The line that defines `name`, such as `Class.method`, `function` or `module.function`."""
    scope: ast.AST = ast.parse(source)
    line = None
    for part in name.removeprefix(f"{module}.").split("."):
        nodes = [n for n in ast.iter_child_nodes(scope) if part in _defined(n)]
        if not nodes:
            return None
        scope, line = nodes[0], getattr(nodes[0], "lineno", None)
    return line


def _defined(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
