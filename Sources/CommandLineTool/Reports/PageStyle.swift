/// The look of the pages that `evaluate` and `bench` write. Colours have a contrast of at least 4.5 to what they stand on,
/// in light and in dark.
enum PageStyle {
  static let sheet = """
    :root {
      --page: #f6f7f9; --surface: #ffffff; --ink: #1a1d21; --quiet: #565d66; --rule: #d9dde2;
      --fill: #2563b0; --track: #e4e8ee; --heat: #8fbcf5; --ideal: #a33a00;
      --one: #2563b0; --two: #b34700; --three: #0f766e; --four: #8a2f8f; --five: #6b6200;
      --six: #5b5f97; --seven: #9a3412; --eight: #57606a;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #111418; --surface: #1a1e24; --ink: #e8eaed; --quiet: #a4acb6; --rule: #343a43;
        --fill: #6ba6f0; --track: #2d333c; --heat: #24569a; --ideal: #ffa366;
        --one: #6ba6f0; --two: #ff9a52; --three: #41c7b9; --four: #dd8fe2; --five: #d3c64b;
        --six: #a5a9e8; --seven: #f0876b; --eight: #a4acb6;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    main { max-width: 760px; margin: 0 auto; padding: 24px 16px 40px; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 8px; }
    h2 { font-size: 1.15rem; margin: 0 0 10px; }
    p { margin: 0 0 12px; }
    header p, section p, footer { overflow-wrap: anywhere; }
    section {
      background: var(--surface); border: 1px solid var(--rule); border-radius: 10px;
      padding: 16px; margin: 16px 0;
    }
    section > p, footer, details { color: var(--quiet); font-size: .92rem; }
    .key { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; margin: 16px 0; }
    .key:has(> div:nth-child(4):last-child) { grid-template-columns: repeat(2, 1fr); }
    code { white-space: nowrap; }
    .key div {
      background: var(--surface); border: 1px solid var(--rule); border-radius: 10px;
      padding: 10px 14px;
    }
    .key dt { color: var(--quiet); font-size: .85rem; }
    .key dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
    .key small { display: block; font-size: .8rem; font-weight: 400; color: var(--quiet); }
    .facts {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 2px 18px;
      margin: 0; color: var(--quiet); font-size: .85rem;
    }
    .facts div { display: flex; gap: .6em; }
    .facts dt { min-width: 5.5em; }
    .facts dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; min-width: 0; }
    .wide { overflow-x: auto; }
    :is(.wide, .small-plots) + p { margin-top: 16px; }
    .wide :is(tbody th, thead th:first-child) {
      position: sticky; left: 0; z-index: 1; background: var(--surface);
    }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { padding: 7px 8px; text-align: right; vertical-align: top; }
    th:first-child, td:first-child { text-align: left; }
    thead th { color: var(--quiet); font-size: .85rem; font-weight: 600; vertical-align: bottom; }
    tbody th { font-weight: 500; overflow-wrap: anywhere; hyphens: auto; min-width: 6em; }
    tbody tr { border-top: 1px solid var(--rule); }
    .averages tr:first-child { border-top: 2px solid var(--quiet); }
    .bar { display: block; width: 84px; height: 6px; margin: 3px 0 0 auto; }
    .bar rect { shape-rendering: crispEdges; }
    .track { fill: var(--track); }
    .fill { fill: var(--fill); }
    .numbers td { white-space: nowrap; }
    .numbers tbody th { overflow-wrap: break-word; min-width: 7em; }
    .list :is(th, td):nth-child(2) { text-align: left; }
    .list td:nth-child(-n + 2) { overflow-wrap: anywhere; hyphens: auto; }
    .heat td {
      background: color-mix(in srgb, var(--heat) var(--share), var(--surface));
      border: 1px solid var(--rule); text-align: center; min-width: 64px;
    }
    .heat thead th { text-align: center; max-width: 9em; overflow-wrap: break-word; }
    .heat thead th:first-child { text-align: left; }
    .heat small { display: block; font-size: .78rem; }
    .heat thead th { position: static; }
    .dense { width: auto; }
    .dense td { min-width: 20px; padding: 4px 0; font-size: .7rem; }
    .dense th span { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .dense thead th:not(:first-child) {
      writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: 6px 0;
      max-width: none; font-size: .78rem; line-height: 1.2;
    }
    .dense thead th span { max-height: 14em; }
    .dense tbody th { padding: 4px 8px; font-size: .82rem; max-width: none; }
    .dense tbody th span { max-width: 9.5em; }
    .dense .diagonal { font-weight: 600; }
    .small-plots {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 14px 10px;
    }
    .small-plots figure { margin: 0; min-width: 0; }
    .small-plots figcaption { font-size: .82rem; color: var(--quiet); overflow-wrap: anywhere; }
    .small-plots figcaption b { color: var(--ink); font-weight: 600; }
    .small-plots .plot { margin: 2px 0 0; }
    .plot { display: block; width: 100%; max-width: 460px; margin: 0 auto 12px; height: auto; }
    .plot text { font-size: 12px; fill: var(--quiet); }
    .plot .grid { stroke: var(--rule); }
    .plot .axis { stroke: var(--quiet); }
    .plot .ideal { stroke: var(--ideal); stroke-width: 2; stroke-dasharray: 6 5; }
    .plot .guess { stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 4 4 }
    .plot .count { fill: var(--quiet); }
    .plot .whisker, .plot .curve { fill: none; stroke-width: 2; }
    .plot .whisker { stroke: var(--ink); }
    .plot .mark { stroke: var(--quiet); }
    .plot .name { fill: var(--ink); font-size: 13px; }
    .plot .tiny { font-size: 9px; }
    .plot .halo { paint-order: stroke; stroke: var(--surface); stroke-width: 4; fill: var(--ink); }
    .plot .ring { fill: none; stroke: var(--series); stroke-width: 1.5; }
    .plot .gap { stroke: var(--surface); }
    .c1 { --series: var(--one); } .c2 { --series: var(--two); } .c3 { --series: var(--three); }
    .c4 { --series: var(--four); } .c5 { --series: var(--five); } .c6 { --series: var(--six); }
    .c7 { --series: var(--seven); } .c8 { --series: var(--eight); }
    .area { fill: var(--series); }
    .light { opacity: .55; }
    .curve { stroke: var(--series); }
    .swatch { width: 1.6em; height: .8em; margin-right: .5em; vertical-align: baseline; }
    .legend { list-style: none; margin: 0 0 12px; padding: 0; }
    .legend li { display: inline-block; margin-right: 1.2em; overflow-wrap: anywhere; }
    summary { cursor: pointer; }
    .mistakes { margin: 0; padding: 0; list-style: none; }
    .mistakes li { border-top: 1px solid var(--rule); padding: 10px 0; }
    .mistakes li:first-child { border-top: 0; padding-top: 0; }
    .mistakes p { margin: 0 0 4px; }
    .mistakes .row { color: var(--quiet); white-space: nowrap; }
    .mistakes .text { color: var(--quiet); white-space: pre-wrap; }
    @media (max-width: 480px) {
      main { padding: 16px 10px 32px; }
      section { padding: 12px; }
      .key { grid-template-columns: repeat(2, 1fr); }
      th, td, thead th { padding: 6px 4px; font-size: .84rem; }
      .bar { width: 40px; }
      .figures :is(th, td) { padding: 6px 2px; }
      .numbers :is(th, td) { padding: 6px 3px; }
      .heat:not(.dense) td { min-width: 48px; }
      .key div:last-child:nth-child(odd) { grid-column: 1 / -1; }
      tbody th { max-width: 34vw; }
      .numbers tbody th { min-width: 4.4em; }
      .wide thead th { font-size: .7rem; }
      .small-plots { grid-template-columns: repeat(2, 1fr); gap: 10px 6px; }
    }
    """
}
