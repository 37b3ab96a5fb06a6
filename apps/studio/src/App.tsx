import { useEffect, useRef } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { words } from "./i18n/words.ts";
import { icons } from "./parts/icons.tsx";
import { Seal } from "./parts/Seal.tsx";
import { Lab } from "./rooms/lab/Lab.tsx";
import { TrainingPage } from "./rooms/lab/TrainingPage.tsx";
import { Ledger } from "./rooms/ledger/Ledger.tsx";
import { Make } from "./rooms/make/Make.tsx";
import { Shelf } from "./rooms/shelf/Shelf.tsx";
import { ShelfItem } from "./rooms/shelf/ShelfItem.tsx";
import { Verify } from "./rooms/verify/Verify.tsx";
import { Settings } from "./Settings.tsx";
import { useT } from "./state/settings.ts";

const rooms = [
  { path: "/", name: "make" },
  { path: "/shelf", name: "shelf" },
  { path: "/verify", name: "verify" },
  { path: "/ledger", name: "ledger" },
  { path: "/lab", name: "lab" },
] as const;

/** The room a path belongs to. */
const roomOf = (path: string) => rooms.find((r) => r.path !== "/" && path.startsWith(r.path)) ?? rooms[0];

export function App() {
  const t = useT();
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const here = roomOf(path);
  const title = t(words.app[here.name]);
  useEffect(() => {
    document.title = `${title} · Inkseal`;
  }, [title]);
  // a new room is read from its top, by eye and by screen reader; the first is where the browser put it
  const before = useRef(here);
  useEffect(() => {
    if (before.current === here) return;
    before.current = here;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [here]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t(words.app.skip)}
      </a>
      <header className="top">
        <Link className="brand" href="/">
          <Seal size={30} />
          Inkseal
        </Link>
        <nav className="rooms" aria-label={t(words.app.rooms)}>
          {rooms.map((room) => (
            <Link key={room.name} href={room.path} aria-current={room === here ? "page" : undefined}>
              {icons[room.name]}
              {t(words.app[room.name])}
            </Link>
          ))}
        </nav>
        <Settings />
      </header>
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className={path === "/shelf" || here.name === "ledger" ? "room room-wide" : "room"}
      >
        <Switch>
          <Route path="/">
            <Make />
          </Route>
          <Route path="/shelf">
            <Shelf />
          </Route>
          <Route path="/shelf/:id">{({ id }) => <ShelfItem key={id} id={id} />}</Route>
          <Route path="/verify">
            <Verify />
          </Route>
          <Route path="/lab">
            <Lab />
          </Route>
          <Route path="/lab/:name">{({ name }) => <TrainingPage key={name} name={decodeURIComponent(name)} />}</Route>
          <Route path="/ledger/:run?">{({ run }) => <Ledger run={run} />}</Route>
          <Route>
            <div className="empty">
              <Seal size={44} open />
              <h1>{t(words.app.lost)}</h1>
              <Link href="/">{t(words.app.lostNext)}</Link>
            </div>
          </Route>
        </Switch>
      </main>
      <footer className="foot">{t(words.app.foot)}</footer>
    </div>
  );
}
