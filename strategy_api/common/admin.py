"""What the admin is called."""

from django.contrib import admin

admin.site.site_header = "AlgoAgent"
admin.site.site_title = "AlgoAgent"
admin.site.index_title = "Review"
