import { FINDING_SEVERITIES } from '../../../model/enums.ts';
import type { Query } from './query.ts';

/** What the filters of the page ask for. */
export type Filter = Pick<Query, 'view' | 'severities' | 'fixableOnly' | 'text' | 'image'>;

export interface Controls {
  read(): Filter;
  write(filter: Filter): void;
}

/** The page's filters; `onChange` is called whenever a reader touches one, `onReset` when all are to be cleared. */
export function pageControls(root: HTMLElement, onChange: () => void, onReset: () => void): Controls {
  const inputs = (name: string) => [...root.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)];
  const views = inputs('view');
  const severities = inputs('severity');
  const [fixable] = inputs('fixable');
  const text = root.querySelector<HTMLInputElement>('#text');
  const image = root.querySelector<HTMLSelectElement>('#image');
  root.addEventListener('input', onChange);
  root.querySelector('#reset')?.addEventListener('click', onReset);
  return {
    read() {
      const chosen = severities.filter(({ checked }) => checked).map(({ value }) => value);
      return {
        view: views.some(({ checked, value }) => checked && value === 'packages') ? 'packages' : 'findings',
        severities: FINDING_SEVERITIES.filter((severity) => chosen.includes(severity)),
        fixableOnly: fixable?.checked === true,
        text: text?.value ?? '',
        image: image === null || image.value === '' ? undefined : Number(image.value),
      };
    },
    write(filter) {
      for (const input of views) input.checked = input.value === filter.view;
      for (const input of severities) input.checked = filter.severities.some((severity) => severity === input.value);
      if (fixable !== undefined) fixable.checked = filter.fixableOnly;
      // Not while it is typed into: the cursor would jump.
      if (text !== null && text.value !== filter.text) text.value = filter.text;
      if (image !== null) image.value = filter.image === undefined ? '' : String(filter.image);
    },
  };
}
