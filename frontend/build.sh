#!/usr/bin/env bash
# Build cdp/static/dist (or the folder given) from the sources here. Same input, same bytes.
set -euo pipefail
cd "$(dirname "$0")"
out="${1:-../cdp/static/dist}"

npm install --ignore-scripts --silent
mkdir -p "$out/vendor"

node_modules/.bin/tailwindcss --input src/app.css --output "$out/app.css" --minify 2>/dev/null
node_modules/.bin/esbuild src/app.js src/charts.js src/enter.js src/passkeys.js src/proof.js --bundle --minify --format=iife --target=es2022 \
  --charset=utf8 --legal-comments=none --log-level=warning --outdir="$out"
cp node_modules/htmx.org/dist/htmx.min.js "$out/vendor/htmx.min.js"
cp node_modules/@alpinejs/csp/dist/cdn.min.js "$out/vendor/alpine.min.js"
cp src/icons.svg "$out/icons.svg"
cp src/favicon.svg "$out/favicon.svg"
node licenses.js > "$out/LICENSES.txt"
