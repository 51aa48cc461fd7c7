import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeRouter } from "./app/router";
import { startTexts } from "./locales/i18n";
import { startTheme } from "./ui/theme";
import "./ui/tokens.css";

async function start(): Promise<void> {
  startTheme();
  await startTexts();
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  const queries = new QueryClient({
    defaultOptions: { queries: { refetchOnWindowFocus: false, staleTime: 15_000 } },
  });
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
