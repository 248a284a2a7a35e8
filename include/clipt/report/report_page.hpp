// The fixed text of the report's page: markup with named places, style for light and dark, and a little script.
#pragma once
#include <string_view>  // string_view

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail::report_templates {

inline constexpr std::string_view style = R"css(
:root { color-scheme: light dark;
  --page: #f7f7f5; --card: #ffffff; --text: #1b1d21; --muted: #5b626d; --line: #e3e4e7; --soft: #f0f1f3;
  --one: #1f5fd0; --two: #bf4d00; --good: #14713f; --bad: #b3261e; --shadow: 0 1px 2px #0000000f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #121417; --card: #1b1e23; --text: #e9ebee; --muted: #a3aab6; --line: #30353e; --soft: #262a31;
  --one: #7cb0ff; --two: #ffa45c; --good: #63d597; --bad: #ff8d85; --shadow: none; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
header .kind { margin: 0; color: var(--muted); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: 2px 0 24px; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { margin: 48px 0 4px; font-size: 1.25rem; letter-spacing: -.01em; }
h3 { margin: 28px 0 12px; font-size: 1rem; }
.lead { margin: 0 0 16px; color: var(--muted); max-width: 68ch; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; }
.figures div { padding: 14px 16px; display: flex; flex-direction: column; }
.figures dt { order: 2; color: var(--muted); font-size: .85rem; line-height: 1.35; }
.figures dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.25; letter-spacing: -.02em; }
.figures dd.note { order: 3; color: var(--muted); font-size: .85rem; font-weight: 400; letter-spacing: 0; }
.figures span { display: inline-block; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
.chart { margin: 0; padding: 14px 14px 10px; }
.chart figcaption { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; padding: 0 4px 6px; }
.chart figcaption b { font-weight: 600; }
.chart figcaption output { margin-left: auto; color: var(--muted); font-size: .85rem; }
.chart svg { display: block; width: 100%; height: auto; touch-action: pan-y; }
.chart text { fill: var(--muted); font-size: 11.5px; } .chart text.y { text-anchor: end; } .chart text.x { text-anchor: middle; }
.grid path { stroke: var(--line); fill: none; }
.band { fill: var(--one); opacity: .16; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.curve.one { stroke: var(--one); } .curve.two { stroke: var(--two); }
circle.one { fill: var(--one); } circle.two { fill: var(--two); }
.cursor { display: none; } .cursor path { stroke: var(--muted); stroke-dasharray: 3 3; }
.key { font-size: .85rem; color: var(--muted); } .key i { display: inline-block; width: 14px; height: 3px; border-radius: 2px;
  vertical-align: middle; margin: 0 5px 2px 0; } .key .one { background: var(--one); } .key .two { background: var(--two); margin-left: 8px; }
.matrix { padding: 16px; } .matrix svg { display: block; width: 100%; height: auto; margin: 0 auto; }
.matrix .cell { fill: var(--one); } .matrix .own { fill: none; stroke: var(--text); stroke-width: 1.5; }
.matrix .wrong { fill: none; stroke: var(--two); stroke-width: 1.5; }
.matrix .back { fill: var(--soft); } .matrix .paper { fill: #fff; }
.matrix rect[data-at]:hover { stroke: var(--text); stroke-width: 1; }
.under { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; margin-top: 12px; font-size: .85rem; color: var(--muted); }
.scale { display: inline-flex; gap: 8px; align-items: center; } .scale i { width: 96px; height: 10px; border-radius: 3px;
  background: linear-gradient(90deg, var(--soft), color-mix(in srgb, var(--one) 25%, var(--soft)) 50%, var(--one)); }
.box { display: inline-block; width: 11px; height: 11px; border: 2px solid var(--text); margin-right: 6px; vertical-align: -1px; }
.box.wrong { border-color: var(--two); }
.matrix output { display: block; min-height: 1.5em; margin-top: 8px; font-size: .9rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 16px; }
.retrieval { padding: 14px; min-width: 0; }
.query { display: flex; gap: 12px; align-items: center; margin: 0 0 10px; padding-bottom: 10px; border-bottom: 1px solid var(--line); }
.query figcaption { min-width: 0; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; }
.query small { display: block; margin-top: 2px; font-weight: 400; font-size: .85rem; color: var(--muted); }
.picture { flex: none; width: 40px; height: 40px; border-radius: 6px; background: #fff; object-fit: contain; border: 1px solid var(--line); }
.query .picture { width: 72px; height: 72px; border-radius: 8px; }
.results { list-style: none; margin: 0; padding: 0; }
.results li { display: flex; gap: 10px; align-items: center; padding: 4px 6px; border-radius: 8px; font-size: .9rem; line-height: 1.3; }
.results .words { flex: 1; min-width: 0; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; }
.results .score { color: var(--muted); }
.results .truth { background: color-mix(in srgb, var(--good) 13%, transparent); }
.results .truth .score { color: var(--good); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 7px 14px; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; } thead th { border: 0; color: var(--muted); font-size: .85rem; font-weight: 500; white-space: nowrap; }
.confusions td:first-child { width: 62px; padding-right: 0; } .confusions td.count { width: 26%; min-width: 84px; white-space: nowrap; }
.confusions .bar { display: inline-block; height: 10px; border-radius: 3px; background: var(--one); margin-right: 8px;
  width: calc(var(--part) * (100% - 3.5em)); min-width: 3px; }
.confusions .picture { display: block; } .confusions .said { color: var(--bad); }
details { margin-top: 48px; } summary { cursor: pointer; padding: 12px 16px; font-weight: 600; }
.configuration th { font-weight: 500; color: var(--muted); width: 32%; } .configuration td { font: .85rem/1.5 ui-monospace, Menlo, Consolas,
  monospace; }
footer { margin-top: 40px; color: var(--muted); font-size: .85rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--one); outline-offset: 2px; }
@media (max-width: 520px) { main { padding: 24px 14px 40px; } h1 { font-size: 1.5rem; } .figures { grid-template-columns: 1fr 1fr; gap: 10px; }
  .figures div { padding: 12px; } .figures div:last-child:nth-child(odd) { grid-column: 1 / -1; } .figures dd { font-size: 1.45rem; } .figures dd.note { font-size: .8rem; }
  .chart { padding: 12px 8px 8px; } .chart text { font-size: 13px; } .matrix { padding: 10px; }
  .matrix output { min-height: 3em; } th, td { padding: 6px 9px; } .confusions { font-size: .9rem; line-height: 1.35; }
  .confusions .bar { display: none; } .confusions td.count { width: auto; min-width: 0; text-align: right; } }
@media print { body { background: none; } .card { box-shadow: none; break-inside: avoid; } }
)css";

/// Values under the pointer; without it the page lacks nothing else.
inline constexpr std::string_view script = R"js(
for (const figure of document.querySelectorAll('.chart')) {
  const svg = figure.querySelector('svg'), out = figure.querySelector('output'), latest = out.textContent;
  const cursor = svg.querySelector('.cursor'), [line, ...dots] = cursor.children, unit = svg.dataset.unit;
  const curves = [svg.dataset.points, svg.dataset.points2].map(text => text ? text.split(',').map(p => p.split(' ')) : []);
  const nearest = (points, x) => points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a, points[0]);
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const found = curves.map(points => nearest(points, x)), main = found[0] || found[1];
    found.forEach((p, i) => { dots[i].style.display = p ? '' : 'none'; if (p) { dots[i].setAttribute('cx', p[0]); dots[i].setAttribute('cy', p[1]); } });
    line.setAttribute('d', `M${main[0]} 10V202`);
    cursor.style.display = 'inline';
    out.textContent = `step ${main[2]}: ${main[3]}${unit}` + (found[0] && found[1] ? `, validation ${found[1][3]}${unit}` : '');
  });
  svg.addEventListener('pointerleave', () => { cursor.style.display = 'none'; out.textContent = latest; });
}
for (const matrix of document.querySelectorAll('.matrix')) {
  const out = matrix.querySelector('output'), captions = JSON.parse(matrix.querySelector('script').textContent);
  const tell = event => {
    const at = event.target.dataset && event.target.dataset.at;
    if (!at) return;
    const [row, column] = at.split(' ').map(Number), own = row === column;
    out.textContent = `${event.target.textContent} between the picture of “${captions[row]}” and ` + (own ? 'its own text' : `the text “${captions[column]}”`);
  };
  matrix.addEventListener('pointerover', tell);
  matrix.addEventListener('click', tell);
}
)js";

inline constexpr std::string_view page = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{{title}}</title>
<style>{{style}}</style>
</head>
<body>
<main>
<header><p class="kind">Training report</p><h1>{{title}}</h1></header>
{{figures}}{{curves}}{{matrix}}{{retrievals}}{{confusions}}{{configuration}}
<footer>Written by clipt. This page is complete in itself: it loads nothing from anywhere.</footer>
</main>
<script>{{script}}</script>
</body>
</html>
)html";

inline constexpr std::string_view figures = R"html(<dl class="figures">{{items}}</dl>
)html";
inline constexpr std::string_view figure =
    R"html(<div class="card"><dt>{{name}}</dt><dd>{{value}}</dd>{{note}}</div>)html";
inline constexpr std::string_view figure_note = R"html(<dd class="note">{{text}}</dd>)html";

inline constexpr std::string_view curves = R"html(<section aria-labelledby="curves"><h2 id="curves">Training</h2>
<p class="lead">{{lead}}</p>
<div class="charts">{{charts}}</div></section>
)html";
inline constexpr std::string_view chart =
    R"html(<figure class="card chart"><figcaption><b>{{title}}</b>{{legend}}<output>{{latest}}</output></figcaption>
<svg viewBox="0 0 440 230" role="img" aria-label="{{label}}" data-points="{{points}}" data-points2="{{points2}}" data-unit="{{unit}}">
<clipPath id="{{id}}"><rect x="46" y="6" width="384" height="198"/></clipPath><g class="grid">{{grid}}</g>
<g clip-path="url(#{{id}})"><path class="band" d="{{band}}"/><path class="curve one" d="{{training}}"/><path class="curve two" d="{{validation}}"/>{{dots}}</g>
<g class="cursor"><path/><circle class="one" r="4"/><circle class="two" r="4"/></g></svg></figure>
)html";
inline constexpr std::string_view legend =
    R"html(<span class="key"><i class="one"></i>training<i class="two"></i>validation</span>)html";

inline constexpr std::string_view matrix =
    R"html(<section aria-labelledby="matrix"><h2 id="matrix">Similarity of held-out pairs</h2>
<p class="lead">Rows are pictures, columns the texts that belong to the pictures above them. {{right}} of {{count}} pictures are most similar to their own text.</p>
<div class="card matrix"><svg viewBox="0 0 {{size}} {{size}}" style="max-width: {{width}}px" role="img" aria-label="Similarities of {{count}} pictures and {{count}} texts, from {{low}} to {{high}}; {{right}} pictures are most similar to their own text">
<defs>{{pictures}}</defs>{{edges}}<rect class="back" x="{{edge}}" y="{{edge}}" width="{{inner}}" height="{{inner}}"/>{{cells}}{{marks}}</svg>
<div class="under"><span class="scale">{{low}}<i></i>{{high}}</span><span><span class="box"></span>own text</span><span><span class="box wrong"></span>another text is more similar</span></div>
<output aria-live="polite">Point at a cell or a picture to read its texts.</output>
<script type="application/json">{{captions}}</script></div></section>
)html";

// These many small ones are formatted, not searched for names.
inline constexpr std::string_view matrix_edge = R"html(<use href="#p{0}" x="2" y="{1}"><title>{2}</title></use>
<use href="#p{0}" x="{1}" y="2"><title>{2}</title></use>)html";
inline constexpr std::string_view matrix_cell = R"html(<rect class="cell" data-at="{} {}" x="{}" y="{}" width="23"
 height="23" fill-opacity="{:.2f}"><title>{:.3f}</title></rect>)html";
inline constexpr std::string_view matrix_frame =
    R"html(<rect class="{}" x="{}" y="{}" width="23" height="23" rx="1"/>)html";

inline constexpr std::string_view retrievals =
    R"html(<section aria-labelledby="retrievals"><h2 id="retrievals">Retrieval</h2>
<p class="lead">What the model finds most similar, best first, with the cosine of the two features. Its own counterpart is marked.</p>
{{best}}{{worst}}</section>
)html";
inline constexpr std::string_view retrieval_group = R"html(<h3>{{title}}</h3><div class="cards">{{items}}</div>
)html";
inline constexpr std::string_view retrieval =
    R"html(<article class="card retrieval"><figure class="query">{{picture}}<figcaption>{{caption}}<small>{{rank}}</small></figcaption></figure><ol class="results">{{results}}</ol></article>
)html";
inline constexpr std::string_view result =
    R"html(<li{{class}}>{{picture}}<span class="words" title="{{caption}}">{{caption}}{{mark}}</span><span class="score">{{score}}</span></li>)html";

inline constexpr std::string_view confusions =
    R"html(<section aria-labelledby="confusions"><h2 id="confusions">Most frequent confusions</h2>
<p class="lead">Names that the model gives to pictures of something else, with one such picture.</p>
<div class="card scroll"><table class="confusions"><thead><tr><th scope="col"><span class="hidden">Example</span></th><th scope="col">is</th><th scope="col">was called</th><th scope="col">times</th></tr></thead><tbody>{{rows}}</tbody></table></div></section>
)html";
inline constexpr std::string_view confusion =
    R"html(<tr><td>{{picture}}</td><td>{{truth}}</td><td class="said">{{predicted}}</td><td class="count"><span class="bar" style="--part: {{part}}"></span>{{count}}</td></tr>)html";

inline constexpr std::string_view configuration =
    R"html(<details class="card" open><summary>Configuration of the run</summary><table class="configuration"><tbody>{{rows}}</tbody></table></details>
)html";
inline constexpr std::string_view configuration_row =
    R"html(<tr><th scope="row">{{name}}</th><td>{{value}}</td></tr>)html";

}  // namespace clipt::inline CLIPT_BUILD::detail::report_templates
