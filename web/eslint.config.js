import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = [
  "session",
  "alarms",
  "live",
  "map",
  "archive",
  "schools",
  "search",
  "steer",
  "duty",
  "notices",
  "dispatch",
  "actions",
  "cameras",
  "setup",
  "supervision",
  "plans",
  "remarks",
  "inspection",
  "quality",
  "norms",
];

/** Features use ui, player, world and api; they do not import each other (style guide §10). */
const bordersOfFeatures = features.map((feature) => ({
  files: [`src/features/${feature}/**`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: [
              ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`),
              "@/app/*",
              "../*",
            ],
            message:
              "A feature imports ui, player, world, vocabulary and api, never another feature or the app.",
          },
        ],
      },
    ],
  },
}));

const uiKnowsNoDomain = {
  files: ["src/ui/**"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: ["@/features/*", "@/app/*", "@/world/*", "@/player/*", "@/vocabulary/*", "@/api/*"],
            message: "ui knows design tokens and no domain words.",
          },
        ],
      },
    ],
  },
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}", "tests/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      // Players, sockets and sounds own what must be closed: they are made in effects and handed to the rendering by state.
      "react-hooks/set-state-in-effect": "off",
      "@typescript-eslint/no-non-null-assertion": "error",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["public/*.js"], languageOptions: { globals: { self: "readonly" } } },
  {
    files: ["inspect/*.js"],
    languageOptions: {
      globals: {
        self: "readonly",
        caches: "readonly",
        fetch: "readonly",
        Request: "readonly",
        URL: "readonly",
      },
    },
  },
  ...bordersOfFeatures,
  uiKnowsNoDomain,
);
