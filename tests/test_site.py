"""The site: built with every warning an error, whole in itself, its equations beside the code."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from called import ROOT, python

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    python("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder)
    return folder


class Links(HTMLParser):
    """What a page refers to, and the anchors that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.linked.append(values["href"])
        elif tag in ("img", "script", "link"):
            self.loaded += [values[name] for name in ("src", "href") if name in values]
        self.anchors |= {values[name] for name in ("id", "name") if name in values}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    """What each page refers to, by its file."""
    return {page.resolve(): Links(page) for page in site.rglob("*.html") if page.stem != "404"}


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, Links]) -> None:
    assert len(pages) > 20
    every = [*pages.values(), Links(site / "404.html")]
    assert {url for links in every for url in links.loaded if "//" in url} == set()


def test_every_page_of_docs_is_in_the_menu(site: Path) -> None:
    menu = {link.partition("#")[0] for link in Links(site / "index.html").linked}
    for page in (ROOT / "docs").glob("*.md"):
        assert f"{page.stem}.html" in menu


def test_links_lead_to_pages_and_anchors(pages: dict[Path, Links]) -> None:
    broken = []
    for page, links in pages.items():
        for link in links.linked:
            path, _, anchor = unquote(link).partition("#")
            if "//" in link or link == "#":
                continue
            target = (page.parent / path).resolve() if path else page
            if target.is_dir():
                target /= "index.html"
            if not target.exists() or (anchor and anchor not in pages[target].anchors):
                broken.append((page.name, link))
    assert broken == []


def test_an_equation_leads_to_the_definition_of_its_function(site: Path) -> None:
    links = [link for link in Links(site / "method.html").linked if "#line-" in link]
    assert len(links) > 25
    for link in links:
        shown, line = link.removeprefix("source/").split(".html#line-")
        source = (ROOT / shown).read_text(encoding="utf-8").splitlines()
        assert re.match(r"\s*(def|class) \w+|[A-Z_]+(: .*)? = ", source[int(line) - 1]), link
    assert any(
        "def last_hidden_layer"
        in (ROOT / "baselines/transfer/student/student.py").read_text().splitlines()[int(n) - 1]
        for n in re.findall(r"student\.py\.html#line-(\d+)", " ".join(links))
    )


def test_the_readme_is_the_home_page(site: Path) -> None:
    title = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert title in (site / "index.html").read_text(encoding="utf-8")
