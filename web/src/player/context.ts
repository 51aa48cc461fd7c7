import { createContext, useContext } from "react";
import type { LiveVideo } from "./live-video";

export const LiveVideoContext = createContext<LiveVideo | null>(null);

export function useLiveVideo(): LiveVideo {
  const video = useContext(LiveVideoContext);
  if (video === null) throw new Error("useLiveVideo() outside of a signed-in screen");
  return video;
}
