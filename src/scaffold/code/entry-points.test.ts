import { describe, expect, it } from 'vitest';
import { startCommand } from '../start-command.ts';
import { defaultEntryPoints, type EntryPoint, findEntryPoints, serviceModule } from './entry-points.ts';

const targets = (entries: readonly EntryPoint[]) => entries.map(({ target }) => target);

function found(files: Readonly<Record<string, string>>): readonly EntryPoint[] {
  return findEntryPoints(Object.entries(files).map(([path, text]) => ({ path, text })));
}

describe('findEntryPoints', () => {
  it.each([
    ['app.py', 'from flask import Flask\n\napp = Flask(__name__)\n', 'app:app'],
    ['shop/main.py', 'import fastapi\napi: fastapi.FastAPI = fastapi.FastAPI(title="x")\n', 'shop.main:api'],
    [
      'shop/__init__.py',
      'def create_app(config=None):\n    app = Flask(__name__)\n    return app\n',
      'shop:create_app',
    ],
    ['shop/web.py', 'def make_app() -> FastAPI:\n    return FastAPI()\n', 'shop.web:make_app'],
    ['site/wsgi.py', 'application = get_wsgi_application()\n', 'site.wsgi:application'],
    ['shop/star.py', 'app = Starlette(routes=[])\n', 'shop.star:app'],
  ])('finds the application in %s', (path, text, target) => {
    expect(targets(found({ [path]: text })).filter((one) => one.includes(':'))).toEqual([target]);
  });

  it('ignores a function that needs arguments, and an application inside of a function', () => {
    const text = 'def create_app(config):\n    app = Flask(__name__)\n    return app\n';
    expect(found({ 'shop/web.py': text })).toEqual([]);
  });

  it('finds modules beside the packages that start when they are run', () => {
    const files = { 'app.py': 'print()', 'job.py': "if __name__ == '__main__':\n    main()\n", 'util.py': 'x = 1' };
    expect(targets(found({ ...files, 'manage.py': "if __name__ == '__main__':\n    main()\n" }))).toEqual([
      'app',
      'job',
    ]);
  });
});

describe('defaultEntryPoints', () => {
  it('prefers packages with a __main__.py to the applications that they start', () => {
    const files = {
      'shop/api/__main__.py': '',
      'shop/api/web.py': 'app = FastAPI()',
      'shop/admin/main.py': 'app = Flask(__name__)',
      'job.py': "if __name__ == '__main__':\n    main()\n",
    };
    const chosen = defaultEntryPoints(found(files));
    expect(targets(chosen)).toEqual(['shop.api', 'shop.admin.main:app']);
    expect(chosen.map(serviceModule)).toEqual(['shop.api', 'shop.admin']);
  });

  it('takes one application of a Django project', () => {
    const files = {
      'site/asgi.py': 'application = get_asgi_application()',
      'site/wsgi.py': 'application = get_wsgi_application()',
    };
    expect(targets(defaultEntryPoints(found(files)))).toEqual(['site.wsgi:application']);
  });
});

describe('startCommand', () => {
  const application = (path: string, text: string) => {
    const [entry] = found({ [path]: text });
    if (entry === undefined) throw new Error('no entry point');
    return entry;
  };
  const flask = application('shop/web.py', 'app = Flask(__name__)');
  const fastapi = application('shop/web.py', 'app = FastAPI()');
  const factory = application('shop/web.py', 'def create_app():\n    return Flask(__name__)\n');
  const script: EntryPoint = { kind: 'function', target: 'shop.cli:Main.run', module: 'shop.cli', file: 'shop/cli.py' };

  it.each([
    [fastapi, ['fastapi', 'gunicorn'], 'uvicorn', 'exec python -m uvicorn --host 0.0.0.0 --port "$PORT" shop.web:app'],
    [flask, ['flask', 'gunicorn', 'uvicorn'], 'gunicorn', 'shop.web:app'],
    [
      flask,
      ['flask', 'uvicorn'],
      'uvicorn',
      'exec python -m uvicorn --interface wsgi --host 0.0.0.0 --port "$PORT" shop.web:app',
    ],
    [factory, ['flask'], 'gunicorn', 'shop.web:create_app()'],
    [script, [], undefined, 'import sys, shop.cli; sys.exit(shop.cli.Main.run())'],
  ])('runs %o', (entry, requirements, server, last) => {
    const start = startCommand(entry, requirements);
    expect(start.server).toBe(server);
    expect(start.command.at(-1)).toBe(last);
  });
});
