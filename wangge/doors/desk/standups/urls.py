"""Addresses of stand-ups and of tasks."""

from django.urls import URLPattern, path

from wangge.doors.desk.standups import meetings, tasks

urlpatterns: list[URLPattern] = [
    path("stand-ups/", meetings.held, name="stand-ups"),
    path("stand-ups/<int:area>/<str:day>/", meetings.one, name="stand-up"),
    path("tasks/", tasks.listed, name="tasks"),
    path("tasks/give/", tasks.give, name="task-give"),
    path("tasks/<int:pk>/", tasks.by_number, name="task-number"),
    path("tasks/<uuid:task>/", tasks.one, name="task"),
    path("tasks/<uuid:task>/done/", tasks.done, name="task-done"),
    path("tasks/<uuid:task>/withdraw/", tasks.withdraw, name="task-withdraw"),
]
