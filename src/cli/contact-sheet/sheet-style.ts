/** The look of the contact sheet: readable at a glance, light and dark, on a phone and on paper. */
export const sheetStyle = `
:root { color-scheme: light dark; --ground: #f6f6f4; --card: #fff; --ink: #1b1b1a; --faint: #63635e; --line: #dcdcd6;
  --keep: #1d6b3a; --warn: #a4470b; --bad: #b3201b; --accent: #1a56b0; --check: #e9e9e4 }
@media (prefers-color-scheme: dark) { :root { --ground: #161617; --card: #212123; --ink: #ececea; --faint: #a3a39d;
  --line: #3a3a3d; --keep: #7fd39b; --warn: #f0a968; --bad: #ff8f88; --accent: #8ab8ff; --check: #d4d4d0 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
header, main, footer { max-width: 1280px; margin: 0 auto; padding: 0 20px }
header { padding-top: 28px }
h1 { font-size: 24px; margin: 0 0 4px; letter-spacing: -.01em }
h2 { font-size: 18px; margin: 0; display: inline }
h2 small, .faint { color: var(--faint); font-weight: normal; font-size: 13px }
p { margin: 4px 0 }
a { color: var(--accent) }
.skip { position: absolute; left: -999px } .skip:focus { left: 20px; top: 8px; background: var(--card); padding: 6px 10px }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 10px; margin: 18px 0 6px;
  padding: 0; list-style: none }
.tiles a { display: block; height: 100%; padding: 10px 12px; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; color: inherit; text-decoration: none }
.tiles a:hover { border-color: var(--accent) }
.tiles b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums }
.tiles span { color: var(--faint); font-size: 13px }
.tiles .bad b { color: var(--bad) } .tiles .warn b { color: var(--warn) } .tiles .fine b { color: var(--keep) }
details { margin: 22px 0; border-top: 1px solid var(--line); padding-top: 14px; scroll-margin-top: 10px }
summary { cursor: pointer; margin-bottom: 12px }
.why { color: var(--faint); margin: -4px 0 14px; max-width: 70ch }
.groups { display: flex; flex-wrap: wrap; gap: 14px; align-items: flex-start }
.group { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; max-width: 100% }
.group > p { margin: 0 0 10px; font-size: 13px; color: var(--faint); overflow-wrap: anywhere }
.group > p b { color: var(--ink); font-size: 15px }
.row { display: flex; flex-wrap: wrap; gap: 12px; margin: 0; padding: 0; list-style: none }
.row > li { width: 150px }
figure { margin: 0; min-width: 0 }
.picture { display: grid; place-items: center; aspect-ratio: 1; border: 1px solid var(--line); border-radius: 6px;
  overflow: hidden; position: relative; background: var(--ground) }
.picture img { max-width: 100%; max-height: 100%; min-width: 0; min-height: 0; display: block;
  background: repeating-conic-gradient(var(--check) 0 25%, #fff 0 50%) 0 / 16px 16px }
.picture.none { background: var(--ground); color: var(--bad); font-size: 13px; text-align: center; padding: 8px;
  border-style: dashed; border-color: var(--bad) }
i { font-style: normal }
.mark { position: absolute; left: 6px; top: 6px; font-size: 11px; font-weight: 600; padding: 1px 7px; border-radius: 9px;
  background: var(--card); border: 1px solid currentColor }
.mark.keep { color: var(--keep) } .mark.spare { color: var(--warn) } .mark.first { color: var(--accent) }
figcaption { font-size: 12px; color: var(--faint); margin-top: 5px; overflow-wrap: anywhere }
figcaption b { color: var(--ink); font-size: 13px; display: block }
figcaption span { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden }
table { border-collapse: collapse; font-size: 13px } td, th { text-align: left; padding: 3px 14px 3px 0;
  overflow-wrap: anywhere } td:last-child { text-align: right; white-space: nowrap }
footer { color: var(--faint); font-size: 13px; padding-bottom: 30px; border-top: 1px solid var(--line); padding-top: 12px }
@media (max-width: 520px) { header, main, footer { padding-left: 12px; padding-right: 12px }
  .row > li { width: calc(50% - 6px) } .group { width: 100% } .tiles { grid-template-columns: repeat(2, 1fr) } }
@media print { body { background: #fff } .group { break-inside: avoid } details { break-inside: auto } }
`
