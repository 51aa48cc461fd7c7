import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronDown, Keyboard, LogOut, Moon, Search, Sun } from "lucide-react";
import { useState } from "react";
import { forgetPerson } from "@/features/notices/push";
import { LanguageSwitch } from "@/features/session/LanguageSwitch";
import { signOut, useForgetSession } from "@/features/session/session";
import { type Deed, Palette } from "@/features/search/Palette";
import { Kbd } from "@/ui/button";
import { Emblem } from "@/ui/emblem";
import { useKeys } from "@/ui/keys";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/overlays";
import { chooseTheme, useTheme } from "@/ui/theme";
import { number } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorld } from "@/world/hooks";
import { KeysHelp } from "./KeysHelp";
import { readDesk } from "./places";

export function TopBar() {
  const { t, name } = useWords();
  const { centre, role, school } = useSession();
  const own = useWorld((world) => (school === null ? undefined : world.schools.get(school)));
  const whose = centre !== null ? name(centre.name) : own !== undefined ? name(own.name) : t(`role.${role}`);
  const [help, setHelp] = useState(false);
  useKeys({ "?": () => setHelp(true) });
  return (
    <header
      className="flex h-11 shrink-0 items-center gap-2 border-b bg-surface px-2 sm:gap-4 sm:px-3"
      data-testid="top-bar"
    >
      <Link to="/" className="flex min-w-0 items-center gap-2 rounded-sm">
        <Emblem />
        <span className="hidden font-semibold tracking-tight sm:inline">{t("app.name")}</span>
        <span className="hidden min-w-0 truncate text-ink-2 lg:inline" data-testid="centre">
          {whose}
        </span>
      </Link>
      <Nav />
      <div className="flex min-w-0 flex-1 justify-center">
        <SearchBox />
      </div>
      <LinkCount />
      <Clock />
      <div className="hidden md:block">
        <LanguageSwitch short />
      </div>
      <UserMenu onHelp={() => setHelp(true)} />
      <KeysHelp open={help} onClose={() => setHelp(false)} />
    </header>
  );
}

const NAV =
  "inline-flex h-7 items-center rounded-sm px-2 text-ink-2 hover:text-ink data-[status=active]:bg-raised data-[status=active]:text-ink";

function Nav() {
  const { t } = useWords();
  const { role, rights, school } = useSession();
  const remarks = rights.includes("remarks.read") && role !== "duty_officer" && (
    <Link to="/remarks" className={NAV} data-testid="nav-remarks">
      {t("nav.remarks")}
    </Link>
  );
  if (role === "head") {
    return (
      <nav className="hidden items-center gap-1 text-sm font-medium sm:flex" aria-label={t("nav.label")}>
        <Link to="/quality" className={NAV} data-testid="nav-quality">
          {t("nav.quality")}
        </Link>
        {remarks}
        {rights.includes("norms.read") && school !== null && (
          <Link to="/schools/$id/norms" params={{ id: school }} className={NAV} data-testid="nav-norms">
            {t("nav.norms")}
          </Link>
        )}
      </nav>
    );
  }
  return (
    <nav className="hidden items-center sm:flex gap-1 text-sm font-medium" aria-label={t("nav.label")}>
      {role === "duty_officer" && (
        <Link to="/desk" className={NAV}>
          {t("nav.desk")}
        </Link>
      )}
      {role === "duty_officer" && (
        <Link to="/duty" className={NAV}>
          {t("nav.duty")}
        </Link>
      )}
      <Link to="/schools" className={NAV}>
        {t("nav.schools")}
      </Link>
      <Link to="/supervision" className={NAV}>
        {t("nav.supervision")}
      </Link>
      {role !== "duty_officer" && (
        <Link to="/quality" className={NAV} data-testid="nav-quality">
          {t("nav.quality")}
        </Link>
      )}
      {remarks}
      {rights.includes("norms.read") && (
        <Link to="/standing" className={NAV} data-testid="nav-norms">
          {t("nav.norms")}
        </Link>
      )}
      {rights.includes("registry.edit") && (
        <Link to="/registry" className={NAV} data-testid="nav-registry">
          {t("nav.registry")}
        </Link>
      )}
    </nav>
  );
}

function SearchBox() {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const { role } = useSession();
  const deeds = useDeeds();
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex h-7 min-w-9 items-center gap-2 rounded-md border bg-ground px-2 text-sm text-ink-3 hover:border-line-2 hover:text-ink-2 md:w-72"
        aria-label={t("search.open")}
        data-testid="search-open"
      >
        <Search size={15} aria-hidden />
        <span className="hidden min-w-0 flex-1 truncate text-left md:inline">{t("search.placeholder")}</span>
        <span className="hidden md:inline">
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      <Palette
        open={open}
        onOpen={setOpen}
        onSchool={(id) =>
          void (role === "duty_officer"
            ? navigate({ to: "/desk", search: { school: id } })
            : navigate({ to: "/schools/$id", params: { id } }))
        }
        onCamera={(id) => void navigate({ to: "/cameras/$id", params: { id } })}
        deeds={deeds}
      />
    </>
  );
}

/** What an officer can do from anywhere, by its key too. */
function useDeeds(): readonly Deed[] {
  const { t } = useWords();
  const { role, rights } = useSession();
  const navigate = useNavigate();
  const answers = role === "duty_officer";
  const mayRaise = answers && rights.includes("alarm.raise");
  const raise = () =>
    void navigate({ to: "/desk", search: (before) => ({ ...readDesk(before), raise: true }) });
  const duty = () => void navigate({ to: "/duty" });
  useKeys({ KeyB: () => mayRaise && raise(), KeyU: () => answers && duty() });
  return [
    ...(mayRaise ? [{ id: "raise", title: t("caller.short"), key: "B", run: raise }] : []),
    ...(answers ? [{ id: "duty", title: t("duty.title"), key: "U", run: duty }] : []),
  ];
}

/** Schools whose node is heard from, of all. */
function LinkCount() {
  const { t } = useWords();
  const schools = useWorld((world) => world.schools);
  const online = [...schools.values()].filter((school) => school.node.state === "online").length;
  return (
    <span
      className="hidden text-sm whitespace-nowrap text-ink-2 sm:inline"
      title={t("top.link_title")}
      data-testid="link-count"
    >
      {t("top.link")}{" "}
      <span className={online < schools.size ? "text-caution" : "text-ink"}>
        {number(online)}/{number(schools.size)}
      </span>
    </span>
  );
}

function Clock() {
  const { t } = useWords();
  const now = useServerNow();
  return (
    <time className="text-sm whitespace-nowrap text-ink-2" data-testid="clock">
      <span className="text-base font-semibold text-ink">{clock(now)}</span>
      <span className="hidden xl:inline"> {t("top.zone")}</span>
    </time>
  );
}

function UserMenu({ onHelp }: { onHelp: () => void }) {
  const { t } = useWords();
  const { user, role, rights, school } = useSession();
  const navigate = useNavigate();
  const theme = useTheme();
  const queries = useQueryClient();
  const forget = useForgetSession();
  const leave = async () => {
    await queries.cancelQueries();
    await forgetPerson();
    await signOut();
    forget();
    window.location.replace("/"); // nothing of this person stays in memory, and the next begins at their own desk
  };
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="inline-flex h-7 max-w-44 items-center gap-1 rounded-sm px-1.5 text-sm text-ink-2 hover:bg-raised hover:text-ink"
          data-testid="user-menu"
        >
          <span className="truncate">{user.name}</span>
          <ChevronDown size={14} aria-hidden className="shrink-0" />
        </button>
      }
    >
      <MenuLabel>{t(`role.${role}`)}</MenuLabel>
      <div className="px-2 pb-1 md:hidden">
        <LanguageSwitch />
      </div>
      {role !== "head" && (
        <div className="sm:hidden">
          {role === "duty_officer" && (
            <MenuItem onSelect={() => void navigate({ to: "/desk" })}>{t("nav.desk")}</MenuItem>
          )}
          {role === "duty_officer" && (
            <MenuItem onSelect={() => void navigate({ to: "/duty" })}>{t("nav.duty")}</MenuItem>
          )}
          <MenuItem onSelect={() => void navigate({ to: "/schools" })}>{t("nav.schools")}</MenuItem>
          <MenuItem onSelect={() => void navigate({ to: "/supervision" })}>{t("nav.supervision")}</MenuItem>
        </div>
      )}
      <div className={role === "duty_officer" ? "" : "sm:hidden"}>
        <MenuItem onSelect={() => void navigate({ to: "/quality" })} testId="menu-quality">
          {t("nav.quality")}
        </MenuItem>
      </div>
      {rights.includes("remarks.read") && (
        <div className={role === "duty_officer" ? "" : "sm:hidden"}>
          <MenuItem onSelect={() => void navigate({ to: "/remarks" })}>{t("nav.remarks")}</MenuItem>
        </div>
      )}
      {rights.includes("norms.read") && (
        <div className="sm:hidden">
          <MenuItem
            onSelect={() =>
              void (role === "head" && school !== null
                ? navigate({ to: "/schools/$id/norms", params: { id: school } })
                : navigate({ to: "/standing" }))
            }
            testId="menu-norms"
          >
            {t("nav.norms")}
          </MenuItem>
        </div>
      )}
      {rights.includes("remarks.write") && (
        <MenuItem onSelect={() => window.location.assign("/inspect/")}>{t("inspection.title")}</MenuItem>
      )}
      <MenuLine />
      <MenuItem onSelect={() => chooseTheme(theme === "dark" ? "light" : "dark")} testId="theme">
        {theme === "dark" ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
        {theme === "dark" ? t("top.light") : t("top.dark")}
      </MenuItem>
      <MenuItem onSelect={onHelp}>
        <Keyboard size={16} aria-hidden />
        {t("keys.title")}
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={() => void leave()} testId="sign-out">
        <LogOut size={16} aria-hidden />
        {t("session.sign_out")}
      </MenuItem>
    </Menu>
  );
}
