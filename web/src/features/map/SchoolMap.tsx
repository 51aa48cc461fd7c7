/** The map of schools. Loaded on its own: the desk does not wait for it. */
import * as maplibre from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { FeatureCollection, Point } from "geojson";
import { useEffect, useRef, useState } from "react";
import type { School } from "@/api/types";
import { useWords } from "@/vocabulary/use-words";
import { boundsOf, pointsOf } from "./points";
import { addShapes, makeStyle } from "./style";

maplibre.setWorkerUrl(workerUrl);

/** The first view holds all schools in sight. */
const FIT = { padding: 48, maxZoom: 14 };
const CLICKABLE = ["alarms", "points", "clusters"];
/**
 * Uncovered, the map shows what it last drew for so long before it draws anew. Without a graphics processor a picture
 * of it takes a tenth of a second or more, and the next alarm would have to wait for it.
 */
const CALM_MS = 500;

interface Props {
  schools: ReadonlyMap<string, School>;
  chosen: string | undefined;
  onChoose: (school: string) => void;
  theme: string;
  /** False while something else lies over it: nothing is drawn then. */
  active: boolean;
}

export default function SchoolMap({ schools, chosen, onChoose, theme, active }: Props) {
  const { t, language } = useWords();
  const box = useRef<HTMLDivElement>(null);
  const choose = useRef(onChoose);
  const [map, setMap] = useState<maplibre.Map | null>(null);
  const first = useRef(boundsOf(schools.values()));
  const view = useRef<{ center: maplibre.LngLat; zoom: number } | null>(null);
  useEffect(() => {
    choose.current = onChoose;
  });

  useEffect(() => {
    if (box.current === null) return;
    const made = new maplibre.Map({
      container: box.current,
      style: makeStyle(language),
      ...(view.current ?? { bounds: first.current, fitBoundsOptions: FIT }),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 16,
    });
    made.touchZoomRotate.disableRotation();
    made.addControl(
      new maplibre.AttributionControl({ compact: false, customAttribution: t("map.attribution") }),
    );
    made.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    made.on("style.load", () => {
      addShapes(made);
      setMap(made);
    });
    made.on("click", (event) => void pick(made, event.point, choose.current));
    made.on("mousemove", (event) => {
      made.getCanvas().style.cursor = hit(made, event.point) === undefined ? "" : "pointer";
    });
    return () => {
      view.current = { center: made.getCenter(), zoom: made.getZoom() };
      setMap(null);
      made.remove();
    };
    // The style holds the words and colours: a change of either draws the map anew.
  }, [language, theme, t]);

  const calm = useCalm(active);
  const drawn = useRef({ calm: "", alarmed: "", map });
  useEffect(() => {
    if (map === null || !calm) return;
    if (drawn.current.map !== map) drawn.current = { calm: "", alarmed: "", map };
    const points = pointsOf(schools.values(), language);
    for (const source of ["calm", "alarmed"] as const) {
      const text = JSON.stringify(points[source]);
      if (text === drawn.current[source]) continue; // a pulse of a school, and nothing that one could see
      drawn.current[source] = text;
      setData(map, source, points[source]);
    }
  }, [map, schools, language, calm]);

  const school = chosen === undefined ? undefined : schools.get(chosen);
  const [lon, lat] = [school?.lon, school?.lat];
  useEffect(() => {
    if (map === null || lon === undefined || lat === undefined) return;
    const ring = document.createElement("div");
    ring.className = "pointer-events-none size-7.5 rounded-full border-2 border-accent";
    const marker = new maplibre.Marker({ element: ring }).setLngLat([lon, lat]).addTo(map);
    return () => void marker.remove();
  }, [map, lon, lat]);

  return (
    <div ref={box} className="size-full" data-testid="map" role="application" aria-label={t("map.label")} />
  );
}

/** True a moment after `active` became true, false at once when it ends. */
function useCalm(active: boolean): boolean {
  const [calm, setCalm] = useState(active);
  if (calm && !active) setCalm(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setCalm(true), CALM_MS);
    return () => clearTimeout(timer);
  }, [active]);
  return calm && active;
}

function setData(map: maplibre.Map, source: string, data: FeatureCollection<Point>): void {
  void map.getSource<maplibre.GeoJSONSource>(source)?.setData(data);
}

function hit(map: maplibre.Map, at: maplibre.Point): maplibre.MapGeoJSONFeature | undefined {
  const reach: [maplibre.PointLike, maplibre.PointLike] = [
    [at.x - 6, at.y - 6],
    [at.x + 6, at.y + 6],
  ];
  return map.queryRenderedFeatures(reach, { layers: CLICKABLE })[0];
}

async function pick(map: maplibre.Map, at: maplibre.Point, choose: (school: string) => void): Promise<void> {
  if (!map.getLayer("points")) return;
  const feature = hit(map, at);
  if (feature === undefined) return;
  const { id, cluster_id: cluster } = feature.properties as { id?: string; cluster_id?: number };
  if (id !== undefined) {
    choose(id);
    return;
  }
  const source = map.getSource<maplibre.GeoJSONSource>("calm");
  if (cluster === undefined || source === undefined || feature.geometry.type !== "Point") return;
  const zoom = await source.getClusterExpansionZoom(cluster);
  const [lon = 0, lat = 0] = feature.geometry.coordinates;
  map.easeTo({ center: [lon, lat], zoom: zoom + 0.3, duration: 250 });
}
