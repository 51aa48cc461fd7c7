/** The inspection on site: an entry of its own, light enough for a phone, that opens without a network. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { InspectRoot } from "./app/InspectRoot";
import { startTexts } from "./locales/i18n";
import { startTheme } from "./ui/theme";
import "./ui/tokens.css";

async function start(): Promise<void> {
  startTheme();
  await startTexts();
  const root = document.getElementById("root");
  if (root === null) throw new Error("inspect/index.html has no #root");
  const queries = new QueryClient({
    defaultOptions: { queries: { refetchOnWindowFocus: false, staleTime: 15_000 } },
  });
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <InspectRoot />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();

// The built page alone has a worker; it is registered late, so that it does not compete with the first paint.
if (import.meta.env.PROD && "serviceWorker" in navigator)
  window.addEventListener("load", () => void navigator.serviceWorker.register("/inspect/worker.js"));
