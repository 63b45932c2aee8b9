"use strict";
// Filters, sorts, pages and opens the rows. Without it the page is whole but for that.
// Every text goes in by textContent: the page's policy allows nothing else.
(() => {
  const byId = (id) => document.getElementById(id);
  const count = (number, one) => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
  const shown = (code) => code.replace("-", " ");

  function el(name, text, attributes) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
    return made;
  }

  function start() {
    const block = byId("data");
    const data = JSON.parse(block.textContent);
    block.remove();
    const { words, texts, accounts, columns: c, fixes, applied } = data;
    const total = c.who.length;
    const collator = new Intl.Collator("en", { numeric: true });
    const dnOf = (who) => who[3] + (who[4] ? "," + words[who[4]] : "");
    const nameOf = (who) => who[0] || dnOf(who);
    const cut = (text) => (text.length > 160 ? text.slice(0, 159) + "\u2026" : text);

    // ------------------------------------------------------------ filtering
    const selects = ["verdict", "reason", "method", "department", "region"];
    const state = { page: 0, size: 50, sort: "", down: false };
    let order = Int32Array.from({ length: total }, (_, row) => row);
    let view = order;
    let low = null; // lower-case copies, made at the first search

    for (const name of selects) {
      const select = byId("f-" + name);
      const counts = new Map();
      for (const place of c[name]) counts.set(place, (counts.get(place) || 0) + 1);
      counts.delete(0);
      const options = [...counts].sort((a, b) => collator.compare(words[a[0]], words[b[0]]));
      for (const [place, number] of options) {
        select.append(el("option", `${cut(name === "verdict" ? shown(words[place]) : words[place])} (${number.toLocaleString("en")})`, { value: words[place] }));
      }
      if (!options.length) select.parentElement.hidden = true;
    }
    if (!c.new.includes(1)) byId("f-new").parentElement.hidden = true;

    const CHANGES = new Set(["add", "replace", "remove"]);

    function lower() {
      if (!low) {
        low = {
          who: accounts.map((who) => `${who[0]}\n${who[1]}\n${who[2]}\n${dnOf(who)}`.toLowerCase()),
          texts: texts.map((text) => text.toLowerCase()),
          words: words.map((word) => word.toLowerCase()),
        };
      }
      return low;
    }

    const hits = (list, term) => Uint8Array.from(list, (text) => (text.includes(term) ? 1 : 0));

    function filter() {
      const tests = [];
      for (const name of selects) {
        const value = byId("f-" + name).value;
        if (!value) continue;
        const column = c[name];
        const wanted = new Uint8Array(words.length);
        words.forEach((word, place) => { if (word === value || (value === "change" && CHANGES.has(word))) wanted[place] = 1; });
        tests.push((row) => wanted[column[row]]);
      }
      const stage = Number(byId("f-stage").value);
      if (stage) tests.push((row) => c.stage[row] >= stage);
      if (byId("f-new").checked) tests.push((row) => c.new[row]);
      for (const term of byId("f-text").value.toLowerCase().split(/\s+/).filter(Boolean)) {
        const all = lower();
        const [who, text, word] = [hits(all.who, term), hits(all.texts, term), hits(all.words, term)];
        tests.push((row) =>
          who[c.who[row]] || text[c.normal[row]] || text[c.raw[row]] || text[c.present[row]] || text[c.detail[row]] ||
          text[c.answer[row]] || word[c.method[row]] || word[c.reason[row]] || word[c.verdict[row]] ||
          word[c.department[row]] || word[c.source[row]] || word[c.outcome[row]]);
      }
      if (!tests.length) { view = order; return; }
      const found = new Int32Array(total);
      let number = 0;
      next: for (let place = 0; place < total; place++) {
        const row = order[place];
        for (let test = 0; test < tests.length; test++) if (!tests[test](row)) continue next;
        found[number++] = row;
      }
      view = found.subarray(0, number);
    }

    // ------------------------------------------------------------ sorting
    const ranks = new Map();
    function rank(name, list) {
      if (!ranks.has(name)) {
        const places = list.map((_, place) => place).sort((a, b) => collator.compare(list[a], list[b]));
        const rankOf = new Int32Array(list.length);
        places.forEach((place, at) => { rankOf[place] = at; });
        ranks.set(name, rankOf);
      }
      return ranks.get(name);
    }
    const keys = {
      account: (row) => rank("who", accountNames())[c.who[row]],
      department: (row) => rank("words", words)[c.department[row]],
      method: (row) => rank("words", words)[c.method[row]],
      verdict: (row) => rank("words", words)[c.verdict[row]],
      value: (row) => rank("texts", texts)[c.normal[row] || c.raw[row]],
      present: (row) => rank("texts", texts)[c.present[row]],
      why: (row) => rank("words", words)[c.reason[row] || c.why[row]],
      outcome: (row) => rank("words", words)[c.outcome[row]],
    };
    let names = null;
    const accountNames = () => names || (names = accounts.map(nameOf));

    function sort() {
      order = Int32Array.from({ length: total }, (_, row) => row);
      if (!state.sort) return;
      const key = Int32Array.from(order, keys[state.sort]);
      order.sort(state.down ? (a, b) => key[b] - key[a] || a - b : (a, b) => key[a] - key[b] || a - b);
    }

    // ------------------------------------------------------------ showing
    const body = byId("table").tBodies[0];
    const heads = [...byId("table").tHead.rows[0].cells];

    // An address that needs two lines breaks at its marks, not within a word.
    function bdi(text) {
      const made = el("bdi");
      const parts = text.includes("@") ? text.split(/(?<=@)|(?=\.)/) : [text];
      parts.forEach((part, place) => made.append(...(place ? [el("wbr"), part] : [part])));
      return made;
    }

    // the label is the head of the column, where the rows are cards
    function cell(label, text) {
      const made = el("td", null, { "data-label": label });
      if (text) made.append(bdi(cut(text)));
      return made;
    }

    function line(row, place) {
      const who = accounts[c.who[row]];
      const made = el("tr");
      const head = el("th", null, { scope: "row" });
      const button = el("button", null, { type: "button", class: "open", "aria-expanded": "false" });
      button.append(bdi(cut(nameOf(who))));
      button.addEventListener("click", () => toggle(button, made, row, place));
      head.append(button);
      if (who[2]) head.append(el("bdi", cut(who[2]), { class: "plain" }));
      made.append(head, cell("Department", words[c.department[row]]), cell("Method", words[c.method[row]]));
      const verdict = words[c.verdict[row]];
      const pill = cell("Verdict");
      pill.append(el("span", shown(verdict), { class: "pill " + verdict }));
      made.append(pill, cell("Value", texts[c.normal[row] || c.raw[row]]), cell("Registered", texts[c.present[row]]));
      const why = cell("Why");
      const reason = words[c.reason[row]];
      if (reason) why.append(el("code", reason), " ");
      why.append(words[c.why[row]]);
      made.append(why);
      if (applied) made.append(cell("Outcome", texts[c.result[row]]));
      return made;
    }

    function toggle(button, made, row, place) {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) {
        made.nextElementSibling.remove();
        button.removeAttribute("aria-controls");
        return;
      }
      const id = "detail-" + place;
      button.setAttribute("aria-controls", id);
      const opened = el("tr", null, { class: "detail", id });
      const inside = el("td", null, { colspan: String(heads.length) });
      inside.append(explanation(row));
      opened.append(inside);
      made.after(opened);
    }

    function explanation(row) {
      const who = accounts[c.who[row]];
      const all = document.createDocumentFragment();
      const facts = el("dl", null, { class: "facts" });
      const fact = (name, text) => {
        if (!text) return;
        const pair = el("div");
        const value = el("dd");
        value.append(el("bdi", text));
        pair.append(el("dt", name), value);
        facts.append(pair);
      };
      const reason = words[c.reason[row]];
      const source = words[c.source[row]];
      fact("Directory value", texts[c.raw[row]] + (source ? ` (from ${source})` : ""));
      fact("Normal form", texts[c.normal[row]]);
      fact("Country", words[c.region[row]]);
      fact("Registered now", texts[c.present[row]]);
      fact("Verdict", `${shown(words[c.verdict[row]])}${reason ? ", " + reason : ""}: ${words[c.why[row]]}`);
      fact("Detail", texts[c.detail[row]]);
      fact("Policy", words[c.policy[row]]);
      fact("To put it right", reason ? fixes[reason] : "");
      fact("Outcome", `${words[c.outcome[row]]} ${texts[c.answer[row]]}`.trim());
      fact("Account id", who[1]);
      fact("Person", dnOf(who));
      all.append(facts);
      const others = [];
      for (let other = 0; other < total; other++) if (other !== row && c.who[other] === c.who[row]) others.push(other);
      if (others.length) {
        all.append(el("h3", "The same person"));
        const list = el("ul");
        for (const other of others.slice(0, 20)) {
          const item = el("li");
          const value = texts[c.normal[other] || c.raw[other]];
          const code = words[c.reason[other]];
          item.append(el("bdi", `${words[c.method[other]] || "whole account"}: ${shown(words[c.verdict[other]])}${code ? ", " + code : ""}${value ? ", " + cut(value) : ""}`));
          list.append(item);
        }
        all.append(list);
      }
      return all;
    }

    function show() {
      const pages = Math.max(1, Math.ceil(view.length / state.size));
      state.page = Math.min(Math.max(0, state.page), pages - 1);
      const from = state.page * state.size;
      const to = Math.min(from + state.size, view.length);
      const lines = document.createDocumentFragment();
      for (let place = from; place < to; place++) lines.append(line(view[place], place));
      if (!view.length) {
        const none = el("tr");
        none.append(el("td", "No row fits these filters.", { colspan: String(heads.length) }));
        lines.append(none);
      }
      body.replaceChildren(lines);
      byId("status").textContent = view.length
        ? `Rows ${(from + 1).toLocaleString("en")} to ${to.toLocaleString("en")} of ${view.length.toLocaleString("en")}` +
          (view.length < total ? ` (filtered from ${total.toLocaleString("en")})` : "")
        : `No rows (filtered from ${total.toLocaleString("en")})`;
      const field = byId("page");
      field.value = String(state.page + 1);
      field.max = String(pages);
      byId("pages").textContent = `of ${pages.toLocaleString("en")}`;
      byId("first").disabled = byId("previous").disabled = state.page === 0;
      byId("last").disabled = byId("next").disabled = state.page === pages - 1;
      byId("copied").textContent = "";
    }

    function refresh() { filter(); state.page = 0; show(); }

    // ------------------------------------------------------------ copying, as report.csv has it
    const FORMULA = /^'*\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;
    const PHONE = /^\+[0-9]{1,3} [0-9\u2022]{2,14}(?:x[0-9\u2022]{1,11})?$/;
    const field = (text) => `"${(FORMULA.test(text) && !PHONE.test(text) ? "'" + text : text).replaceAll('"', '""')}"`;

    function csv() {
      const lines = [data.csv.map(field).join(",")];
      for (const row of view) {
        const who = accounts[c.who[row]];
        const group = words[c.verdict[row]];
        const values = [
          data.run, who[0], who[1], dnOf(who), words[c.method[row]], CHANGES.has(group) ? group : "left-alone",
          words[c.reason[row]], texts[c.raw[row]], texts[c.normal[row]], texts[c.present[row]], words[c.source[row]],
          texts[c.detail[row]],
        ];
        if (applied) values.push(words[c.outcome[row]], texts[c.answer[row]]);
        lines.push(values.map(field).join(","));
      }
      return lines.join("\r\n") + "\r\n";
    }

    async function copy() {
      const text = csv();
      let done = false;
      try {
        await navigator.clipboard.writeText(text);
        done = true;
      } catch {
        // An older browser, or one that keeps the clipboard from files.
        const area = el("textarea", null, { "aria-hidden": "true" });
        area.value = text;
        document.body.append(area);
        area.select();
        done = document.execCommand("copy");
        area.remove();
      }
      byId("copied").textContent = done ? `Copied ${count(view.length, "row")}.` : "The browser refused; report.csv has the same rows.";
    }

    // ------------------------------------------------------------ wiring
    for (const name of [...selects, "stage", "new"]) byId("f-" + name).addEventListener("change", refresh);
    byId("f-text").addEventListener("input", refresh);
    function reset() {
      for (const name of selects) byId("f-" + name).value = "";
      byId("f-stage").value = "0";
      byId("f-new").checked = false;
      byId("f-text").value = "";
    }
    byId("reset").addEventListener("click", () => { reset(); refresh(); });
    byId("copy").addEventListener("click", copy);
    const go = (page) => { state.page = page; show(); };
    byId("first").addEventListener("click", () => go(0));
    byId("previous").addEventListener("click", () => go(state.page - 1));
    byId("next").addEventListener("click", () => go(state.page + 1));
    byId("last").addEventListener("click", () => go(Math.ceil(view.length / state.size) - 1));
    byId("page").addEventListener("change", (event) => go((parseInt(event.target.value, 10) || 1) - 1));
    byId("size").addEventListener("change", (event) => { state.size = Number(event.target.value); go(0); });
    for (const head of heads) {
      const button = el("button", head.textContent, { type: "button", class: "sort" });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const name = head.dataset.key;
        if (state.sort === name && state.down) { state.sort = ""; state.down = false; }
        else { state.down = state.sort === name; state.sort = name; }
        for (const other of heads) other.removeAttribute("aria-sort");
        if (state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        sort();
        refresh();
      });
    }
    for (const link of document.querySelectorAll("a.filter-link")) {
      link.addEventListener("click", () => {
        reset();
        for (const name of selects) {
          const value = link.dataset[name];
          const select = byId("f-" + name);
          if (value && [...select.options].some((option) => option.value === value)) select.value = value;
        }
        byId("f-stage").value = link.dataset.stage || "0";
        byId("f-new").checked = link.dataset.new === "1";
        refresh();
        setTimeout(() => byId("rows-h").focus({ preventScroll: true })); // after the jump, which takes the focus away
      });
    }
    // What is wider than its box says so: a column beyond the edge is not seen to be there.
    for (const box of document.querySelectorAll(".scroll")) {
      const sign = el("p", "More columns to the right: scroll sideways \u2192", { class: "more" });
      box.before(sign);
      const look = () => { sign.hidden = box.scrollWidth <= box.clientWidth + 1; };
      new ResizeObserver(look).observe(box);
      look();
    }
    byId("static-note").hidden = true;
    byId("controls").hidden = byId("pager").hidden = false;
    show();
    document.documentElement.dataset.ready = "1";
  }

  // Paint first: reading the rows takes a moment where there are very many.
  requestAnimationFrame(() => setTimeout(start));
})();
