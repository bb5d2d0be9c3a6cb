"use strict";
// The token stands after # and the code in a header: neither reaches a server's log. Nothing is kept on this device.
const API = "/api/sampling/v1/party/";
const RETEST = "检验结论(复检)";
const STATES = { FILED: "已提交", INCOMPLETE: "待补正", ACCEPTED: "已受理", DRAWN: "已确定复检机构", TESTING: "复检中", REFUSED: "不予受理", WITHDRAWN: "已撤回", DECIDED: "已作结论" };
const OUTCOMES = { REFUSED: "不予受理", WITHDRAWN: "已撤回", UPHELD: "维持原结论", OVERTURNED: "改判合格", NOT_OWN_PRODUCT: "认定非其生产", REINSPECTION_ENDED: "终止复检,维持原结论" };
const ROLES = { seller: "被抽样经营者", producer: "标称生产者", consignor: "委托方", platform: "平台" };
const at = (id) => document.getElementById(id);
const token = location.hash.slice(1);
let code = "";

function make(name, text, kind) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

function say(text, bad) {
  at("message").textContent = text;
  at("message").className = bad ? "bad" : "";
}

async function ask(path, options = {}) {
  const headers = { "X-Party-Code": code, ...options.headers };
  const answer = await fetch(API + encodeURIComponent(token) + path, { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", ...options, headers });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || `错误 ${answer.status}`);
  return body;
}

function list(id, pairs) {
  const nodes = pairs.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", name), make("dd", value)]);
  at(id).replaceChildren(...nodes);
}

function proof(steps) {
  const ol = make("ol", undefined, "proof");
  ol.append(...steps.map((step) => make("li", `${step.on} ${step.reason}`)));
  return ol;
}

function right(one) {
  const box = make("details");
  const head = make("summary", `${one.kind}:`);
  head.append(make("span", one.allowed ? `可申请,截止 ${one.until}` : "不可申请", one.allowed ? "open" : "shut"));
  if (!one.allowed && one.until) head.append(` (期限至 ${one.until})`);
  box.append(head, ...one.findings.map((f) => make("p", `${f.detail}(${f.article})`)), proof(one.proof));
  return box;
}

function application(one) {
  const box = make("details");
  box.append(make("summary", `${one.applied_on} ${one.kind}:${one.outcome ? OUTCOMES[one.outcome] : STATES[one.state]}`));
  const lines = [["争议项目", one.items.join("、")], ["须补正", one.missing], ["说明", one.grounds], ["结论日期", one.decided_on], ["下一期限", one.due_on]];
  for (const [name, value] of lines) if (value) box.append(make("p", `${name}:${value}`));
  for (const f of one.findings) box.append(make("p", `${f.detail}(${f.article})`, "shut"), proof(f.limit ? f.limit.proof : []));
  return box;
}

function choose() {
  at("disputed").hidden = at("kind").value !== RETEST;
}

function form(page) {
  at("kind").replaceChildren(...page.rights.filter((one) => one.allowed).map((one) => new Option(`${one.kind}(截止 ${one.until})`, one.kind)));
  const boxes = (page.result ? page.result.items : []).map((one) => {
    const box = make("input");
    const label = make("label");
    box.type = "checkbox";
    box.value = one.item;
    box.name = "item";
    label.append(box, one.item);
    return label;
  });
  at("disputed").replaceChildren(at("disputed").querySelector("legend"), ...boxes);
  at("apply").hidden = at("kind").options.length === 0;
  at("apply-title").parentElement.hidden = at("apply").hidden;
  choose();
}

function show(page) {
  list("sample", [["当事人", `${page.party_name}(${ROLES[page.party_role]})`], ["抽样单编号", page.sample_no], ["样品名称", page.product_name], ["规格型号", page.spec], ["批号", page.lot_no], ["抽样日期", page.sampled_on], ["抽样地点", page.place], ["承办机关代码", page.authority]]);
  const result = page.result;
  list("result", result ? [["结论", result.verdict], ["报告编号", `${result.report_no}(第 ${result.version} 版)`], ["签发日期", result.issued_on], ["送达", `${result.served_on} ${result.method}`], ["异议、复检截止", result.objection_until], ["最终结论", page.conclusion ? OUTCOMES[page.conclusion] : ""]] : [["状态", "结果尚未送达,送达后可见"]]);
  const body = at("items").tBodies[0];
  body.replaceChildren();
  for (const one of result ? result.items : []) {
    const row = body.insertRow();
    for (const text of [one.item, `${one.result} ${one.unit}`, one.limit, one.method]) row.insertCell().textContent = text;
  }
  at("items").hidden = !result || result.items.length === 0;
  at("duties").replaceChildren(...page.duties.map((text) => make("li", text)));
  at("duties").parentElement.hidden = page.duties.length === 0;
  at("rights").replaceChildren(...page.rights.map(right));
  at("cases").replaceChildren(...(page.cases.length ? page.cases.map(application) : [make("p", "暂无申请")]));
  form(page);
  at("page").hidden = false;
  at("door").hidden = true;
}

async function upload(files) {
  const ids = [];
  for (const file of files) {
    say(`正在上传 ${file.name} …`);
    const body = new FormData();
    body.append("file", file);
    ids.push((await ask("/evidence", { method: "POST", body })).id);
  }
  return ids;
}

async function send() {
  const chosen = [...at("disputed").querySelectorAll("input:checked")].map((box) => box.value);
  const kind = at("kind").value;
  if (kind === RETEST && chosen.length === 0) throw new Error("请勾选争议项目");
  const evidence = await upload(at("files").files);
  const body = { kind, items: kind === RETEST ? chosen : [], reason: at("reason").value, contact: at("contact").value, phone: at("phone").value, evidence };
  const made = await ask("/objections", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  at("apply").reset();
  show(await ask(""));
  say(made.findings.length ? `已登记。${made.findings[0].detail}` : "已提交,承办机关将书面答复是否受理。", made.findings.length > 0);
}

async function guarded(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

at("kind").addEventListener("change", choose);
at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  code = at("code").value.trim();
  guarded(event.submitter, async () => { show(await ask("")); say(""); });
});
at("apply").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(event.submitter, send);
});
if (!token) say("链接不完整,请从《检验结果通知书》上的链接或二维码进入。", true);
