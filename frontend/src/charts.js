/*
 * One draw() for every chart. The server sends data (json_script), never options; colors are the
 * theme's tokens. Tooltips are drawn on the canvas: ECharts' HTML tooltips break the CSP.
 *
 * Data: {"unit", "finding", "labels": [...], "series": [{"name", "values": [...], "dashed"}]}.
 * Kinds: "bars" (vertical), "rows" (horizontal), "lines".
 */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import langZH from "echarts/lib/i18n/langZH.js";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  LegendComponent,
  LineChart,
  TooltipComponent,
]);

const SERIES_COLORS = 6;
const language = document.documentElement.lang;
if (language === "zh-Hans") echarts.registerLocale("zh-Hans", langZH);

const exact = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

function tokens() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    card: read("--color-base-100"),
    hairline: read("--color-base-300"),
    ink: read("--color-base-content"),
    muted: read("--muted"),
    font: read("--font-sans") || "sans-serif",
    series: Array.from({ length: SERIES_COLORS }, (_, at) => read(`--chart-${at + 1}`)),
  };
}

function options(kind, data, look) {
  const labels = {
    type: "category",
    data: data.labels,
    inverse: kind === "rows",
    axisLabel: { color: look.muted, hideOverlap: true },
    axisLine: { lineStyle: { color: look.hairline } },
    axisTick: { show: false },
  };
  const amounts = {
    type: "value",
    min: kind === "lines" ? data.min : 0,
    max: data.max,
    name: kind === "rows" ? "" : data.unit,
    nameTextStyle: { color: look.muted, align: "left" },
    axisLabel: { color: look.muted, formatter: (value) => short.format(value) },
    splitLine: { lineStyle: { color: look.hairline } },
  };
  const many = data.series.length > 1;
  return {
    color: look.series,
    textStyle: { color: look.ink, fontFamily: look.font },
    aria: {
      enabled: true,
      label: { description: data.finding },
      decal: { show: many && kind !== "lines" },
    },
    grid: { left: 8, right: 16, top: many ? 56 : 32, bottom: 8, containLabel: true },
    legend: { show: many, top: 0, left: 0, textStyle: { color: look.ink } },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: look.card,
      borderColor: look.muted,
      textStyle: { color: look.ink },
      axisPointer: { type: kind === "lines" ? "line" : "shadow" },
      valueFormatter: (value) => (value == null ? "–" : exact.format(value)),
    },
    xAxis: kind === "rows" ? amounts : labels,
    yAxis: kind === "rows" ? labels : amounts,
    series: data.series.map((series) => ({
      name: series.name,
      type: kind === "lines" ? "line" : "bar",
      data: series.values,
      barMaxWidth: 28,
      symbolSize: 5,
      showSymbol: data.labels.length <= 31,
      lineStyle: { width: 2, type: series.dashed ? "dashed" : "solid" },
    })),
  };
}

function draw(element) {
  const data = JSON.parse(document.getElementById(element.dataset.from).textContent);
  const chart =
    echarts.getInstanceByDom(element) ??
    echarts.init(element, null, { renderer: "canvas", locale: language === "zh-Hans" ? "zh-Hans" : "EN" });
  chart.setOption({ animation: false, ...options(element.dataset.chart, data, tokens()) }, true);
  return chart;
}

const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) echarts.getInstanceByDom(entry.target)?.resize();
});

function drawAll(root) {
  for (const element of root.querySelectorAll("[data-chart]")) {
    draw(element);
    sizes.observe(element);
  }
}

drawAll(document);
document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
