// The address of the page as state: read it anywhere, go elsewhere with `go`.
import { format, parse, toView, type Address, type Theme, type View } from './address';

class Route {
  address = $state.raw<Address>(parse(location));
  #dark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  constructor() {
    addEventListener('popstate', () => (this.address = parse(location)));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#dark = event.matches));
  }

  /** Changes the address; `replace` for what nobody wants to go back to, such as each letter of a search. */
  go(change: Partial<Address>, how: 'push' | 'replace' = 'push'): void {
    const next = { ...this.address, ...change };
    const url = format(next);
    if (url !== location.pathname + location.search) {
      if (how === 'push') history.pushState(null, '', url);
      else history.replaceState(null, '', url);
    }
    this.address = next;
  }

  href(change: Partial<Address>): string {
    return format({ ...this.address, ...change });
  }

  hrefOf(view: View): string {
    return format(toView(this.address, view));
  }

  get theme(): Theme {
    return this.address.theme ?? (this.#dark ? 'dark' : 'light');
  }

  toggleTheme(): void {
    this.go({ theme: this.theme === 'dark' ? 'light' : 'dark' }, 'replace');
  }

  /** For a link's click: stays in the page, unless the reader wants a new tab. */
  follow = (event: MouseEvent): void => {
    const link = event.currentTarget;
    if (!(link instanceof HTMLAnchorElement)) return;
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    this.address = parse(location);
  };
}

export const route = new Route();
