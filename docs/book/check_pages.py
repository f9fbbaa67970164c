"""Looks at every page of the manual in a browser, as wide as a telephone: python3 docs/book/check_pages.py DIRECTORY

A page must not be wider than the screen, must show its pictures, and must offer every block of code for copying. Its
links into the manual must hold. The search must find a word, in English and in Chinese, and a function.

The pages of the crate, which rustdoc makes, are only linked: rustdoc checks them itself.
"""

import contextlib
import functools
import html
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

PHONE = 360  # pixels
WORDS = ["timeout", "超时", "tabi_recv_exactly"]
RUSTDOC = "rust"
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]

CHECK = """<!doctype html><title>check</title><script>
const found = {}, names = {}, links = {};
function opened(page) {
    return new Promise((done) => {
        const frame = document.createElement("iframe");
        frame.style.width = "PHONEpx";
        frame.style.height = "700px";
        frame.onload = () => done(frame);
        frame.src = page;
        document.body.append(frame);
    });
}
async function look(page) {
    const frame = await opened(page);
    const inside = frame.contentDocument;
    await inside.fonts.ready;
    const faults = [];
    const wide = inside.documentElement.scrollWidth;
    if (wide > PHONE) faults.push(`${wide} pixels wide`);
    for (const image of inside.images) if (!image.complete || !image.naturalWidth) faults.push(`no picture ${image.src}`);
    const blocks = inside.querySelectorAll("article div.highlight pre").length;
    const buttons = inside.querySelectorAll("article button.copybtn").length;
    if (blocks != buttons) faults.push(`${blocks} blocks of code, but ${buttons} buttons to copy them`);
    names[page] = new Set([...inside.querySelectorAll("[id]")].map((element) => element.id));
    links[page] = [...inside.links].filter((link) => link.origin == location.origin);
    links[page] = links[page].map((link) => [link.pathname, decodeURIComponent(link.hash.slice(1))]);
    found[page] = { faults, blocks, links: links[page].length };
    frame.remove();
}
const answers = {};
async function exists(path) {
    answers[path] ??= fetch(path, { method: "HEAD" }).then((answer) => answer.ok);
    return answers[path];
}
async function follow(page) {
    for (const [path, name] of links[page]) {
        const holds = path in names ? !name || names[path].has(name) : await exists(path);
        if (!holds) found[page].faults.push(`no target for ${path}#${name}`);
    }
}
async function search(word) {
    const frame = await opened(`/search.html?q=${word}`);
    for (let waited = 0; waited < 100; waited++) {
        const hits = frame.contentDocument.querySelectorAll("#search-results li a").length;
        if (hits) return hits;
        await new Promise((done) => setTimeout(done, 100));
    }
    return 0;
}
onload = async () => {
    for (const page of PAGES) await look(page);
    for (const page of PAGES) await follow(page);
    for (const word of WORDS) found[word] = { hits: await search(word) };
    const answer = document.createElement("pre");
    answer.id = "found";
    answer.textContent = JSON.stringify(found);
    document.body.replaceChildren(answer);
};
</script><body></body>"""


class Pages(http.server.SimpleHTTPRequestHandler):
    """The pages of the manual, and the page that looks at them."""

    check = b""

    def do_GET(self):
        if self.path != "/check.html":
            # The browser gives up what a page still asks for when its frame is removed.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.check)))
        self.end_headers()
        self.wfile.write(self.check)

    def log_message(self, *arguments):
        pass


def main(directory):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        reason = "chromium is not installed: how the pages look on a telephone is not checked"
        sys.exit(reason) if os.environ.get("CI") == "true" else print(f"skipped: {reason}")
        return
    pages = sorted(page.relative_to(directory) for page in directory.rglob("*.html"))
    pages = [f"/{page}" for page in pages if page.parts[0] != RUSTDOC]
    check = CHECK.replace("PHONE", str(PHONE)).replace("PAGES", json.dumps(pages))
    Pages.check = check.replace("WORDS", json.dumps(WORDS)).encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        command += ["--virtual-time-budget=600000", "--dump-dom"]
        command.append(f"http://127.0.0.1:{server.server_address[1]}/check.html")
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.S)
    if found is None:
        sys.exit(f"the browser did not come to an end: {shown[:2000]}")
    report(json.loads(html.unescape(found[1])))


def report(found):
    faults = [f"the search for {word} finds nothing" for word in WORDS if not found.pop(word)["hits"]]
    faults += [f"{page}: {fault}" for page, seen in found.items() for fault in seen["faults"]]
    blocks, links = (sum(seen[what] for seen in found.values()) for what in ("blocks", "links"))
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(found)} pages fit a screen of {PHONE} pixels, {blocks} blocks of code can be copied, "
          f"{links} links hold, and the search finds {', '.join(WORDS)}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
