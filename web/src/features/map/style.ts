/** The map's style, from the tokens: borders of the country, quiet points, and shapes that are told apart without colour. */
import type { ExpressionSpecification, Map as MapLibre, StyleSpecification } from "maplibre-gl";
import type { SchoolState } from "@/vocabulary/schools";

const FONT = ["Inter Variable"];

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const nameIn = (language: string): ExpressionSpecification => ["coalesce", ["get", language], ["get", "kk"]];

export function makeStyle(language: string): StyleSpecification {
  const empty = { type: "FeatureCollection" as const, features: [] };
  const label = { "text-font": FONT, "text-field": nameIn(language), "text-max-width": 7 };
  const labelPaint = {
    "text-color": token("--q-map-label"),
    "text-halo-color": token("--q-map-land"),
    "text-halo-width": 1.2,
  };
  return {
    version: 8,
    sources: {
      regions: { type: "geojson", data: "/geo/regions.geojson" },
      districts: { type: "geojson", data: "/geo/districts.geojson" },
      names: { type: "geojson", data: "/geo/names.geojson" },
      calm: {
        type: "geojson",
        data: empty,
        cluster: true,
        clusterRadius: 36,
        clusterMaxZoom: 12,
        clusterProperties: { needs: ["+", ["get", "needs"]] },
      },
      alarmed: { type: "geojson", data: empty },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": token("--q-map-water") } },
      {
        id: "land",
        type: "fill",
        source: "regions",
        paint: { "fill-color": token("--q-map-land"), "fill-antialias": false },
      },
      {
        id: "district-lines",
        type: "line",
        source: "districts",
        minzoom: 5,
        paint: { "line-color": token("--q-map-line-fine"), "line-width": 1 },
      },
      {
        id: "region-lines",
        type: "line",
        source: "regions",
        paint: {
          "line-color": token("--q-map-line"),
          "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.8, 9, 1.6],
        },
      },
      {
        id: "district-names",
        type: "symbol",
        source: "names",
        filter: ["==", ["get", "rank"], "district"],
        minzoom: 6.2,
        layout: { ...label, "text-size": 11 },
        paint: labelPaint,
      },
      {
        id: "region-names",
        type: "symbol",
        source: "names",
        filter: ["==", ["get", "rank"], "region"],
        maxzoom: 6.5,
        layout: { ...label, "text-size": 12 },
        paint: labelPaint,
      },
      {
        id: "clusters",
        type: "circle",
        source: "calm",
        filter: ["has", "point_count"],
        paint: {
          "circle-color": token("--q-raised"),
          "circle-radius": ["step", ["get", "point_count"], 13, 10, 16, 100, 20, 1000, 25],
          "circle-stroke-width": ["case", [">", ["get", "needs"], 0], 2, 1],
          "circle-stroke-color": [
            "case",
            [">", ["get", "needs"], 0],
            token("--q-caution"),
            token("--q-ink-3"),
          ],
        },
      },
      {
        id: "cluster-counts",
        type: "symbol",
        source: "calm",
        filter: ["has", "point_count"],
        layout: {
          "text-font": FONT,
          "text-field": ["to-string", ["get", "point_count"]],
          "text-size": 12,
          "text-allow-overlap": true,
        },
        paint: { "text-color": token("--q-ink") },
      },
      {
        id: "points",
        type: "symbol",
        source: "calm",
        filter: ["!", ["has", "point_count"]],
        layout: {
          "icon-image": ["concat", "school-", ["get", "state"]],
          "icon-allow-overlap": true,
          "text-font": FONT,
          "text-field": ["step", ["zoom"], "", 11, ["get", "name"]],
          "text-size": 12,
          "text-offset": [0, 0.9],
          "text-anchor": "top",
          "text-optional": true,
        },
        paint: labelPaint,
      },
      {
        id: "alarms",
        type: "symbol",
        source: "alarmed",
        layout: {
          "icon-image": "school-alarm",
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          "text-font": FONT,
          "text-field": ["get", "name"],
          "text-size": 13,
          "text-offset": [0, 1.5],
          "text-anchor": "top",
          "text-allow-overlap": true,
        },
        paint: {
          "text-color": token("--q-alarm"),
          "text-halo-color": token("--q-map-land"),
          "text-halo-width": 2,
        },
      },
    ],
  };
}

const SIZE = 40;
const RATIO = 2;

type Draw = (pen: CanvasRenderingContext2D) => void;

function polygon(pen: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
}

function shapes(): Record<SchoolState, Draw> {
  const middle = SIZE / 2;
  const circle = (pen: CanvasRenderingContext2D, radius: number) => {
    pen.beginPath();
    pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  };
  return {
    alarm: (pen) => {
      polygon(pen, [
        [middle, 1],
        [SIZE - 1, middle],
        [middle, SIZE - 1],
        [1, middle],
      ]);
      pen.fillStyle = token("--q-alarm");
      pen.fill();
      pen.lineWidth = 3;
      pen.strokeStyle = token("--q-on-alarm");
      polygon(pen, [
        [middle, 8],
        [SIZE - 8, middle],
        [middle, SIZE - 8],
        [8, middle],
      ]);
      pen.stroke();
    },
    silent: (pen) => {
      polygon(pen, [
        [6, 6],
        [SIZE - 6, 6],
        [SIZE - 6, SIZE - 6],
        [6, SIZE - 6],
      ]);
      pen.fillStyle = token("--q-caution");
      pen.fill();
    },
    partial: (pen) => {
      polygon(pen, [
        [middle, 6],
        [SIZE - 5, SIZE - 8],
        [5, SIZE - 8],
      ]);
      pen.fillStyle = token("--q-map-land");
      pen.fill();
      pen.lineWidth = 4;
      pen.strokeStyle = token("--q-caution");
      pen.stroke();
    },
    never: (pen) => {
      circle(pen, 11);
      pen.lineWidth = 4;
      pen.strokeStyle = token("--q-unknown");
      pen.stroke();
    },
    normal: (pen) => {
      circle(pen, 11);
      pen.fillStyle = token("--q-map-point");
      pen.fill();
      pen.lineWidth = 2;
      pen.strokeStyle = token("--q-map-land");
      pen.stroke();
    },
  };
}

export function addShapes(map: MapLibre): void {
  for (const [state, draw] of Object.entries(shapes())) {
    const canvas = document.createElement("canvas");
    canvas.width = SIZE;
    canvas.height = SIZE;
    const pen = canvas.getContext("2d");
    if (pen === null) continue;
    draw(pen);
    const name = `school-${state}`;
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, pen.getImageData(0, 0, SIZE, SIZE), { pixelRatio: RATIO });
  }
}
