import { Component, h, type ComponentType } from "preact";

/** Return a component that is drawn again only when one of its properties is another one. */
export function memo<Props extends object>(inner: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[];
      return names.some((name) => next[name] !== this.props[name]);
    }

    override render() {
      return h(inner, this.props);
    }
  };
}
