import NIOCore

extension Service {
  /// `GET /`: a page to try the model, with nothing loaded from elsewhere.
  func page() -> Answer {
    Answer(type: "text/html; charset=utf-8", body: ByteBuffer(string: Self.html))
  }

  private static let html = """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Cloud4Bert</title>
    <style>
    :root{color-scheme:light dark;--line:#8885;--bar:#3b7dd8;--soft:#8882}
    *{box-sizing:border-box}
    body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1.5rem 1rem}
    h1{font-size:1.3rem;margin:0}
    #about{opacity:.75;margin:.2rem 0 1.2rem;overflow-wrap:anywhere}
    textarea,input,button{font:inherit;color:inherit}
    textarea,input{width:100%;padding:.6rem;border:1px solid var(--line);border-radius:.4rem;background:transparent}
    textarea{min-height:7rem;resize:vertical}
    label{display:block;font-weight:600;margin:.8rem 0 .3rem}
    .label{display:grid;grid-template-columns:minmax(5rem,10rem) 1fr 4.5rem;gap:.6rem;align-items:center;margin:.35rem 0}
    .label span:first-child{overflow-wrap:anywhere}
    .track{background:var(--soft);border-radius:.3rem;height:1rem}
    .bar{background:var(--bar);border-radius:.3rem;height:100%;width:0}
    .number{text-align:right;font-variant-numeric:tabular-nums}
    table{border-collapse:collapse;width:100%;margin-top:1rem}
    th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
    td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums}
    button{padding:.45rem .9rem;border:1px solid var(--line);border-radius:.4rem;background:var(--soft);cursor:pointer;margin-top:.8rem}
    #tokens{display:flex;flex-wrap:wrap;gap:.25rem;margin-top:.4rem}
    #tokens code{background:var(--soft);border-radius:.3rem;padding:.05rem .35rem}
    #tokens .special{opacity:.6}
    #status{min-height:1.5em;margin:.6rem 0 0}
    .error{color:#c33}
    @media(prefers-color-scheme:dark){.error{color:#f88}}
    :focus-visible{outline:2px solid var(--bar);outline-offset:2px}
    </style></head><body>
    <main>
    <h1>Cloud4Bert</h1><p id="about"></p>
    <label for="text">Text <small>(a line each for several)</small></label>
    <textarea id="text" autofocus spellcheck="false"></textarea>
    <details id="access"><summary>API key</summary><label for="key">Key</label><input id="key" type="password" autocomplete="off"></details>
    <p id="status" role="status" aria-live="polite"></p>
    <section id="scores" aria-label="Scores"></section>
    <section id="rows" aria-label="Results"></section>
    <details id="seen" hidden><summary>Tokens the model saw</summary><div id="tokens"></div></details>
    </main>
    <script>
    const $ = id => document.getElementById(id);
    const make = (name, text, kind) => {
      const e = document.createElement(name);
      if (text !== undefined) e.textContent = text;
      if (kind) e.className = kind;
      return e;
    };
    let number = 0, timer, results = [];
    async function call(path, body) {
      const headers = {};
      if (body) headers['Content-Type'] = 'application/json';
      if ($('key').value) headers.Authorization = 'Bearer ' + $('key').value;
      const answer = await fetch(path, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body)});
      const value = await answer.json();
      if (!answer.ok) throw new Error(value.error.message || value.error);
      return value;
    }
    async function about() {
      try {
        const info = await call('/info');
        const kind = Object.keys(info.model_type)[0].replace('_', ' ');
        $('about').textContent = `${info.model_id}: ${info.architecture}, ${kind}, up to ${info.max_input_length} tokens`;
      } catch (error) { $('about').textContent = error.message; $('access').open = true; }
    }
    function bars(scores) {
      $('scores').replaceChildren(...scores.map(({label, score}) => {
        const row = make('div', undefined, 'label'), track = make('span', undefined, 'track'), bar = make('div', undefined, 'bar');
        bar.style.width = Math.max(0, Math.min(1, score)) * 100 + '%';
        track.append(bar);
        row.append(make('span', label), track, make('span', score.toFixed(4), 'number'));
        return row;
      }));
    }
    function table(lines) {
      const table = make('table'), head = make('tr');
      head.append(make('th', 'Text'), make('th', 'Label'), make('th', 'Score'));
      table.append(head, ...lines.map((line, i) => {
        const row = make('tr');
        row.append(make('td', line), make('td', results[i][0].label), make('td', results[i][0].score.toFixed(4)));
        return row;
      }));
      const save = make('button', 'Download as CSV');
      save.onclick = () => {
        const quote = text => '"' + String(text).replaceAll('"', '""') + '"';
        const csv = 'text,label,score\\r\\n' + lines.map((line, i) => [quote(line), quote(results[i][0].label), results[i][0].score].join(',')).join('\\r\\n') + '\\r\\n';
        const link = make('a');
        link.href = URL.createObjectURL(new Blob([csv], {type: 'text/csv'}));
        link.download = 'labels.csv';
        link.click();
        URL.revokeObjectURL(link.href);
      };
      $('rows').replaceChildren(table, save);
    }
    async function update() {
      const mine = ++number, lines = $('text').value.split('\\n').filter(line => line.trim());
      if (!lines.length) {
        for (const id of ['scores', 'rows', 'tokens']) $(id).replaceChildren();
        $('status').textContent = '';
        $('seen').hidden = true;
        return;
      }
      const start = performance.now();
      try {
        const answer = await call('/', {inputs: lines, parameters: {}});
        if (mine !== number) return;
        const time = (performance.now() - start).toFixed(0);
        $('status').className = '';
        results = answer;
        if (lines.length === 1 && answer[0][0].label !== undefined) bars(answer[0]);
        else $('scores').replaceChildren();
        if (lines.length > 1 && answer[0][0].label !== undefined) table(lines); else $('rows').replaceChildren();
        if (answer[0][0].label !== undefined)
          $('status').textContent = lines.length === 1 ? `${answer[0][0].label} (${time} ms)` : `${lines.length} texts in ${time} ms`;
        else if (answer[0][0].token_str !== undefined) {
          bars(answer[0].map(({token_str, score}) => ({label: token_str, score})));
          $('status').textContent = `${answer[0][0].sequence} (${time} ms)`;
        } else $('status').textContent = `${answer.length} vectors of ${answer[0].length} numbers (${time} ms)`;
        const tokens = await call('/tokenize', {inputs: lines[0]});
        if (mine !== number) return;
        $('tokens').replaceChildren(...tokens[0].map(token => make('code', token.text, token.special ? 'special' : '')));
        $('seen').hidden = false;
      } catch (error) {
        if (mine !== number) return;
        $('status').className = 'error';
        $('status').textContent = error.message;
      }
    }
    const later = () => { clearTimeout(timer); timer = setTimeout(update, 120); };
    $('text').oninput = later;
    $('key').oninput = () => { about(); later(); };
    // A link may bring a text: http://127.0.0.1:8080/#I%20like%20it
    if (location.hash) { $('text').value = decodeURIComponent(location.hash.slice(1)); update(); }
    about();
    </script></body></html>
    """
}
