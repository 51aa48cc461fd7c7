import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import {
  readCamera,
  readDesk,
  readInspections,
  readNorms,
  readPlan,
  readQuality,
  readRegistry,
  readRemarks,
  readSchools,
  readStanding,
} from "./places";
import { Landing } from "./Landing";
import { LostPage, BrokenPage } from "./LostPage";
import { Root } from "./Root";
import { Desk } from "./desk/Desk";

const root = createRootRoute({ component: Root, notFoundComponent: LostPage, errorComponent: BrokenPage });

const landing = createRoute({ getParentRoute: () => root, path: "/", component: Landing });

const desk = createRoute({
  getParentRoute: () => root,
  path: "/desk",
  validateSearch: readDesk,
  component: Desk,
});

const wall = createRoute({
  getParentRoute: () => root,
  path: "/wall",
  validateSearch: readDesk,
  component: lazyRouteComponent(() => import("./WallPage"), "WallPage"),
});

const schools = createRoute({
  getParentRoute: () => root,
  path: "/schools",
  validateSearch: readSchools,
  component: lazyRouteComponent(() => import("./SchoolsPage"), "SchoolsPage"),
});

const school = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id",
  component: lazyRouteComponent(() => import("./SchoolPage"), "SchoolPage"),
});

const camera = createRoute({
  getParentRoute: () => root,
  path: "/cameras/$id",
  validateSearch: readCamera,
  component: lazyRouteComponent(() => import("./CameraPage"), "CameraPage"),
});

const duty = createRoute({
  getParentRoute: () => root,
  path: "/duty",
  component: lazyRouteComponent(() => import("./DutyPage"), "DutyPage"),
});

const handover = createRoute({
  getParentRoute: () => root,
  path: "/duty/handover/$id",
  component: lazyRouteComponent(() => import("./HandOverPage"), "HandOverPage"),
});

const report = createRoute({
  getParentRoute: () => root,
  path: "/alarms/$id/report",
  component: lazyRouteComponent(() => import("./ReportPage"), "ReportPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/setup",
  component: lazyRouteComponent(() => import("./SetupPage"), "SetupPage"),
});

const plan = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/plan",
  validateSearch: readPlan,
  component: lazyRouteComponent(() => import("./PlanPage"), "PlanPage"),
});

const supervision = createRoute({
  getParentRoute: () => root,
  path: "/supervision",
  component: lazyRouteComponent(() => import("./SupervisionPage"), "SupervisionPage"),
});

const remarks = createRoute({
  getParentRoute: () => root,
  path: "/remarks",
  validateSearch: readRemarks,
  component: lazyRouteComponent(() => import("./RemarksPage"), "RemarksPage"),
});

const inspections = createRoute({
  getParentRoute: () => root,
  path: "/inspections",
  validateSearch: readInspections,
  component: lazyRouteComponent(() => import("./InspectionsPage"), "InspectionsPage"),
});

const remark = createRoute({
  getParentRoute: () => root,
  path: "/remarks/$id",
  component: lazyRouteComponent(() => import("./RemarkPage"), "RemarkPage"),
});

const review = createRoute({
  getParentRoute: () => root,
  path: "/reviews/$id",
  component: lazyRouteComponent(() => import("./ReviewPage"), "ReviewPage"),
});

const quality = createRoute({
  getParentRoute: () => root,
  path: "/quality",
  validateSearch: readQuality,
  component: lazyRouteComponent(() => import("./QualityPage"), "QualityPage"),
});

const cameraQuality = createRoute({
  getParentRoute: () => root,
  path: "/cameras/$id/quality",
  component: lazyRouteComponent(() => import("./CameraQualityPage"), "CameraQualityPage"),
});

const schoolNorms = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/norms",
  validateSearch: readNorms,
  component: lazyRouteComponent(() => import("./SchoolNormsPage"), "SchoolNormsPage"),
});

const requirement = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/norms/$requirement",
  validateSearch: readNorms,
  component: lazyRouteComponent(() => import("./RequirementPage"), "RequirementPage"),
});

const documents = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/documents",
  component: lazyRouteComponent(() => import("./DocumentsPage"), "DocumentsPage"),
});

const site = createRoute({
  getParentRoute: () => root,
  path: "/schools/$id/site",
  component: lazyRouteComponent(() => import("./SitePage"), "SitePage"),
});

const standing = createRoute({
  getParentRoute: () => root,
  path: "/standing",
  validateSearch: readStanding,
  component: lazyRouteComponent(() => import("./StandingPage"), "StandingPage"),
});

const registry = createRoute({
  getParentRoute: () => root,
  path: "/registry",
  validateSearch: readRegistry,
  component: lazyRouteComponent(() => import("./RegistryPage"), "RegistryPage"),
});

const attestation = createRoute({
  getParentRoute: () => root,
  path: "/attestation",
  component: lazyRouteComponent(() => import("./AttestationPage"), "AttestationPage"),
});

const assessment = createRoute({
  getParentRoute: () => root,
  path: "/attestation/$campaign/$school",
  component: lazyRouteComponent(() => import("./AssessmentPage"), "AssessmentPage"),
});

const tree = root.addChildren([
  landing,
  desk,
  wall,
  schools,
  school,
  setup,
  plan,
  camera,
  duty,
  handover,
  report,
  supervision,
  remarks,
  inspections,
  remark,
  review,
  quality,
  cameraQuality,
  schoolNorms,
  requirement,
  documents,
  site,
  standing,
  registry,
  attestation,
  assessment,
]);

export function makeRouter() {
  return createRouter({ routeTree: tree, defaultPreload: "intent" });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
