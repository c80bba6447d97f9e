// Print the licenses of what is inside the built files.
import { readFileSync } from "node:fs";

const BUNDLED = ["htmx.org", "@alpinejs/csp", "echarts", "zrender", "tslib", "tailwindcss", "daisyui"];

// Packages that ship no license file: the text of their repository.
const TEXTS = {
  "@alpinejs/csp": `MIT License

Copyright © 2019-2021 Caleb Porzio and contributors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`,
};

const read = (name, file) => {
  try {
    return readFileSync(new URL(`./node_modules/${name}/${file}`, import.meta.url), "utf8");
  } catch {
    return "";
  }
};

for (const name of BUNDLED) {
  const { version } = JSON.parse(read(name, "package.json"));
  const text = TEXTS[name] ?? (read(name, "LICENSE") || read(name, "LICENSE.txt"));
  const parts = [`${name} ${version}`, text.trim(), read(name, "NOTICE").trim()];
  console.log(`${"=".repeat(80)}\n${parts.filter(Boolean).join("\n\n")}\n`);
}
