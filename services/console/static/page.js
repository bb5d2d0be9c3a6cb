"use strict";
const SERVICES = [
  ["directory", "企业名录、承检机构、行政区划"],
  ["planning", "监管目录、实施细则、抽查计划与任务"],
  ["sampling", "抽样单、检验报告、结果告知"],
  ["disposal", "不合格产品后处理"],
  ["experts", "专家库与抽取"],
  ["credit", "信息公示与信用数据归集"],
];
const ASK_AGAIN = 10000;

function cell(row, content) {
  const td = row.insertCell();
  td.append(content);
  return td;
}

async function ask(name, td) {
  const answer = await fetch(`/api/${name}/readyz`, { cache: "no-store" }).catch(() => null);
  const ready = answer !== null && answer.ok;
  td.textContent = ready ? "就绪" : "不可用";
  td.className = ready ? "ready" : "away";
}

for (const [name, duty] of SERVICES) {
  const row = document.getElementById("services").insertRow();
  cell(row, name);
  cell(row, duty);
  const state = cell(row, "查询中");
  const link = document.createElement("a");
  link.href = `/api/${name}/openapi.json`;
  link.textContent = "OpenAPI";
  cell(row, link);
  ask(name, state);
  setInterval(ask, ASK_AGAIN, name, state);
}
